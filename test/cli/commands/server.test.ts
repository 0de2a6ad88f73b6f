// `serve`, as an operator types it. That it runs is tested with processes of its own (test/process, test/flows).
import t from 'tap'
import { openTerminal } from '#test/cli/terminal/terminal.ts'

t.test('settings that can not be are said for a start with and without a tunnel', async (t) => {
  const written = t.capture(process.stderr, 'write', () => true)
  for (const words of ['serve', 'serve --tunnel']) {
    const { code } = await openTerminal(t, { PORT: 'x' }).pipe(words)
    t.equal(code, 1, words)
    t.match(
      written()
        .map(({ args }) => args[0])
        .join(''),
      /PORT is "x"/,
      words,
    )
  }
})
