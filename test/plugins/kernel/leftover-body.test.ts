import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { discardBody } from '#src/plugins/kernel/http/leftover-body.ts'

const MEGABYTE = Buffer.alloc(1024 * 1024)

/** A body of so many megabytes, which says how many of them were read. */
function bodyOf(megabytes: number) {
  let sent = 0
  const body = new Readable({
    read() {
      setImmediate(() => this.push(sent++ < megabytes ? MEGABYTE : null))
    },
  })
  return { body: body as IncomingMessage, sent: () => sent }
}

t.test('a body is thrown away up to a bound, however fast it comes', async (t) => {
  const { body, sent } = bodyOf(Infinity)
  await discardBody(body)
  t.ok(sent() >= 17 && sent() < 20, `${sent()} megabytes`)
  body.destroy()
})

t.test('a body that ends is read to its end, and one that has ended is not waited for', async (t) => {
  const { body, sent } = bodyOf(3)
  await discardBody(body)
  t.equal(sent(), 4)
  await discardBody(body)
})
