import t from 'tap'
import { PassThrough } from 'node:stream'
import { fitWidths } from '#src/cli/terminal/fit-widths.ts'
import { printSheet, printTable } from '#src/cli/terminal/print.ts'
import { summarize } from '#src/cli/terminal/summarize-details.ts'

const long = 'https://a-very-long-name.example.com/with/a/path?and=a&query=string'
const wide = '태양계 '.repeat(20).trim()

function printed(columns: number | undefined, print: typeof printTable | typeof printSheet, ...rest: unknown[]): string[] {
  let text = ''
  const stream = new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (text += chunk))
  const output = Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns })
  const call = { output, errors: output, input: output, variables: {}, program: 'solar', positionals: [], options: {} }
  ;(print as (...all: unknown[]) => void)(call, ...rest)
  return text.trimEnd().split('\n')
}

/** As a terminal shows it. */
const widthOf = (line: string): number => [...line].reduce((sum, letter) => sum + (/\p{Script=Hangul}/u.test(letter) ? 2 : 1), 0)

t.test('a table fits the terminal, whatever is in it', async (t) => {
  const head = ['Client', 'Name', 'Answers go to', 'Since']
  const rows = [
    ['client_0123456789012345678901', wide, `${long}\n${long}`, '2026-11-29'],
    ['short', 'short', 'short', '2026-11-29'],
  ]
  for (const columns of [60, 80, 100, 130, 200]) {
    const lines = printed(columns, printTable, head, rows)
    for (const line of lines) t.ok(widthOf(line) <= columns, `${columns}: ${line}`)
    t.match(lines.join(''), '2026-11-29', 'what is narrow stays in one piece')
  }
  for (const line of printed(60, printSheet, [
    ['Resource', long],
    ['Name', wide],
  ]))
    t.ok(widthOf(line) <= 60, line)
})

t.test('a table that fits is as narrow as it can be, and in a file nothing is wrapped', async (t) => {
  t.strictSame(fitWidths([['a'], ['bcd']], 80), {})
  t.strictSame(fitWidths([['a', long]], undefined), {})
  t.match(printed(undefined, printTable, ['Address'], [[long]]).join('\n'), long)
  t.strictSame(fitWidths([['a', 'b'.repeat(50)]], 40), { colWidths: [3, 34] })
  t.strictSame(fitWidths([['a'.repeat(50), 'b'.repeat(50), 'c'.repeat(50)]], 10), { colWidths: [10, 10, 10] }, 'it can be too narrow')
})

t.test('an event is told in words, what says most first', async (t) => {
  t.equal(
    summarize({
      name: 'client.registered',
      details: { scope: 'openid', redirect_uris: ['https://a/', 'https://b/'], client_name: 'Comet' },
    }),
    'client name: Comet; redirect uris: https://a/, https://b/; scope: openid',
  )
  t.equal(
    summarize({
      name: 'resource.updated',
      details: { token_ttl: [null, 900], resource: 'https://mcp.example/', scopes: [['a=b'], ['a=c', 'd=e']] },
    }),
    'resource: https://mcp.example/; token ttl: nothing -> 900; scopes: a=b -> a=c, d=e',
  )
  t.equal(summarize({ name: 'client.updated', details: { client_secret: 'new' } }), 'client secret: new')
  t.equal(summarize({ name: 'client.refused', details: { a: undefined, b: { c: true } } }), 'a: nothing; b: {"c":true}')
})
