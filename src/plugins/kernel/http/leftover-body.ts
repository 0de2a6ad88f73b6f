/**
 * The rest of a body that is too large. A client that sends all of it before it reads would see its connection reset instead of the
 * answer (RFC 9112 section 9.6), so it is read on and thrown away, within bounds.
 */
import type { IncomingMessage } from 'node:http'

/** How much is thrown away, in bytes; how long that may take, and how long nothing may come meanwhile, in ms. */
const MOST = 16 * 1024 * 1024
const LONGEST_MS = 5000
const SILENT_MS = 500

/** Resolves when the body has ended, or enough of it was read. */
export function discardBody(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = MOST
    const done = () => {
      clearTimeout(end)
      clearTimeout(silence)
      body.off('data', read).off('end', done).off('close', done).pause()
      resolve()
    }
    const read = (chunk: Buffer) => {
      left -= chunk.length
      silence.refresh()
      if (left < 0) done()
    }
    const end = setTimeout(done, LONGEST_MS)
    const silence = setTimeout(done, SILENT_MS)
    if (body.readableEnded || body.destroyed) return done()
    body.on('data', read).once('end', done).once('close', done)
    body.resume()
  })
}
