import t from 'tap'
import { wrapText } from '#src/cli/terminal/wrap-text.ts'

/** As a terminal shows it. */
const widthOf = (line: string): number => [...line].reduce((sum, letter) => sum + (/\p{Script=Hangul}/u.test(letter) ? 2 : 1), 0)

t.test('a line is wrapped between words, and its further lines stand below what is indented', async (t) => {
  const text = '2026-11-29 22:41:57  login failed, anonymous, 192.0.2.1: user: helen'
  t.equal(wrapText(text, 50, 21), ['2026-11-29 22:41:57  login failed, anonymous,', '192.0.2.1: user: helen'].join(`\n${' '.repeat(21)}`))
  t.equal(wrapText(text, undefined, 21), text, 'a file has no width')
  t.equal(wrapText(text, 200, 21), text)
})

t.test('whatever is in it, a line is no wider than the terminal, and nothing of it is lost', async (t) => {
  const text = `2026-11-29 22:41:57  ${'x'.repeat(100)} ${'태양계'.repeat(20)} a b`
  for (const columns of [3, 24, 40, 80]) {
    const lines = wrapText(text, columns, Math.min(21, columns - 2)).split('\n')
    for (const line of lines) t.ok(widthOf(line) <= columns, `${columns}: ${line}`)
    t.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''))
  }
})
