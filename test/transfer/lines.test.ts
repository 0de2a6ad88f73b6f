import t from 'tap'
import { readLines } from '#src/transfer/lines.ts'

async function linesOf(chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  async function* input() {
    yield* chunks
  }
  const lines: string[] = []
  for await (const line of readLines(input())) lines.push(line)
  return lines
}

t.test('lines are the same however their bytes arrive', async (t) => {
  const text = 'one\n\n🪐 태양계\nlast'
  const expected = text.split('\n')
  t.strictSame(await linesOf([text]), expected)
  t.strictSame(await linesOf([Buffer.from(text)]), expected)
  t.strictSame(await linesOf([...Buffer.from(text)].map((byte) => Buffer.from([byte]))), expected, 'byte by byte')
  t.strictSame(await linesOf(['one\n']), ['one'])
  t.strictSame(await linesOf([]), [])
})

t.test('a file that is not text, or has endless lines, is refused before it fills the memory', async (t) => {
  await t.rejects(linesOf([Buffer.from([0x7b, 0xff, 0xfe])]), { name: 'Unreadable', message: /^it is not text/ })
  let asked = 0
  async function* endless() {
    for (;;) yield 'x'.repeat((asked += 1) && 1024 * 1024)
  }
  await t.rejects(readLines(endless()).next(), { name: 'Unreadable', message: /^it has a line that is too long for an export/ })
  t.ok(asked < 10)
})
