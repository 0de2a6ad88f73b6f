import { Readable } from 'node:stream'
import t from 'tap'
import { readBounded } from '#src/domain/protocol/bounded-body.ts'

/** A stream of these chunks, and how many of them were read. */
function streamOf(...chunks: string[]) {
  let pulled = 0
  async function* generate() {
    for (const chunk of chunks) {
      pulled++
      yield Buffer.from(chunk)
    }
  }
  return { body: Readable.from(generate(), { objectMode: true, highWaterMark: 1 }), pulled: () => pulled }
}

t.test('a body up to the limit is whole, characters that span chunks included', async (t) => {
  t.strictSame(await readBounded(streamOf('abc', 'def').body, 6), { text: 'abcdef', truncated: false })
  const bytes = [...Buffer.from('grüße')].map((byte) => Uint8Array.of(byte))
  t.strictSame(await readBounded(Readable.from(bytes), 10), { text: 'grüße', truncated: false })
  t.strictSame(await readBounded(null, 10), { text: '', truncated: false })
})

t.test('a longer one is cut off, and the rest is not read', async (t) => {
  const { body, pulled } = streamOf('abc', 'def', 'ghi', 'jkl', 'mno', 'pqr')
  t.strictSame(await readBounded(body, 5), { text: 'abcde', truncated: true })
  t.ok(body.destroyed)
  t.ok(pulled() < 6)
})

t.test('a reader that has enough leaves the body', async (t) => {
  const { body } = streamOf('abc', 'def', 'ghi')
  t.strictSame(await readBounded(body, 100, (chunk) => chunk[0] === 'd'.charCodeAt(0)), { text: 'abcdef', truncated: false })
  t.ok(body.destroyed)
})

t.test('a body that breaks off is an error', async (t) => {
  async function* broken() {
    yield Buffer.from('abc')
    throw new Error('reset')
  }
  await t.rejects(readBounded(broken(), 100), { message: 'reset' })
})
