/** The command line in the process of a test: what it prints, and a person who types. */
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import type { Test } from 'tap'
import type { Surroundings } from '#src/cli/command.ts'
import { run } from '#src/cli/run.ts'
import { openStorage } from '#src/storage/open.ts'
import type { Storage } from '#src/storage/storage.ts'

export interface Printed {
  readonly code: number
  readonly output: string
  readonly errors: string
}

export interface Terminal {
  readonly databaseUrl: string
  /** Runs a command as if in a pipe, with `input` as all of standard input. */
  pipe(words: string, input?: string): Promise<Printed>
  /** Runs a command as if in a terminal; each key sequence is typed once its question is shown, and once it is there if it takes time. */
  type(words: string, answers: readonly [question: string, keys: string | ((shown: string) => Promise<string>)][]): Promise<Printed>
  /** Looks into the database. */
  look<T>(at: (storage: Storage) => Promise<T>): Promise<T>
}

export function openTerminal(t: Test, variables: Record<string, string> = {}, more: Pick<Surroundings, 'openBrowser'> = {}): Terminal {
  const databaseUrl = variables['DATABASE_URL'] ?? `sqlite:${join(t.testdir(), 'people.db')}`
  const shared = { variables: { DATABASE_URL: databaseUrl, ...variables }, program: 'solar', ...more }

  async function runWith(
    words: string,
    input: Surroundings['input'],
    onErrors: (shown: string) => void = () => undefined,
  ): Promise<Printed> {
    const printed = { output: '', errors: '' }
    const collect = (name: 'output' | 'errors') =>
      new PassThrough().setEncoding('utf8').on('data', (chunk: string) => {
        printed[name] += chunk
        if (name === 'errors') onErrors(printed.errors)
      })
    const code = await run(splitWords(words), { ...shared, input, output: collect('output'), errors: collect('errors') })
    await new Promise((resolve) => setImmediate(resolve))
    return { code, ...printed }
  }

  return {
    databaseUrl,
    pipe: (words, input = '') => runWith(words, Readable.from([Buffer.from(input)])),
    type(words, answers) {
      const keyboard = Object.assign(new PassThrough(), { isTTY: true })
      const waiting = [...answers]
      return runWith(words, keyboard, (shown) => {
        const [next] = waiting
        if (next === undefined || !shown.includes(next[0])) return
        waiting.shift()
        setImmediate(async () => keyboard.write(typeof next[1] === 'string' ? next[1] : await next[1](shown)))
      })
    },
    async look(at) {
      const storage = await openStorage(databaseUrl)
      try {
        return await at(storage)
      } finally {
        await storage.close()
      }
    },
  }
}

/** Blanks part words, but not within double quotes. */
const splitWords = (line: string): string[] => [...line.matchAll(/"([^"]*)"|\S+/g)].map((match) => match[1] ?? match[0])
