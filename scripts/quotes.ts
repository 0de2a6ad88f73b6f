/** Reads the sentences of standards that tests quote, in duvet's form: `//= URL#section`, then the sentence as `//#` lines, then the test. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Quote {
  /** Where the standard is, and the anchor of the section in it. */
  readonly document: string
  readonly section: string
  readonly sentence: string
  /** The path below the checkout, with slashes. */
  readonly file: string
  /** The title of the test below the quote; absent if there is none. */
  readonly test?: string
  /** Why the server doesn't do what the sentence says: `//= type=exception` and `//= reason=...`, which need no test. */
  readonly exception?: string
}

const COMMENT = /^\s*\/\/([=#]) ?(.*)$/
const TEST = /^\s*(?:await )?\w+\.test\((['"`])((?:\\.|(?!\1).)*)\1/

/** The quotes of all tests below a checkout, in the order of their files. */
export function readQuotes(root: string): Quote[] {
  const files = readdirSync(join(root, 'test'), { recursive: true }).map((name) => `test/${String(name).replaceAll('\\', '/')}`)
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => quotesOf(file, readFileSync(join(root, file), 'utf8')))
}

/**
 * @param file its name, for the quotes
 * @param source its content
 */
export function quotesOf(file: string, source: string): Quote[] {
  const quotes: Quote[] = []
  /** Quotes whose test hasn't come yet, and the one that lines still belong to. */
  let waiting: Waiting[] = []
  const end = (test?: string) => {
    for (const quote of waiting) quotes.push({ ...quote, file, ...(test !== undefined && quote.exception === undefined && { test }) })
    waiting = []
  }
  // A long title is on the line after its call.
  for (const line of source.replace(/(\.test\()\n\s*/g, '$1').split('\n')) {
    const [, kind, text = ''] = COMMENT.exec(line) ?? []
    const last = waiting.at(-1)
    if (kind === '#') last!.sentence = `${last!.sentence} ${text}`.trim()
    else if (kind === '=' && text.startsWith('reason=')) last!.exception = text.slice('reason='.length)
    else if (kind === '=' && text === 'type=exception') last!.exception = ''
    else if (kind === '=') waiting.push({ document: text.split('#')[0]!, section: text.split('#')[1] ?? '', sentence: '' })
    else
      end(
        TEST.exec(line)?.[2]
          ?.replace(/\\(.)/g, '$1')
          .replace(/\$\{.*?\}/g, '…'),
      )
  }
  end()
  return quotes
}

type Waiting = { document: string; section: string; sentence: string; exception?: string }
