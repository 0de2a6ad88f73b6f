/** The body of a request on its way to the upstream: bounded, and read as a whole only where something depends on it. */
import type { IncomingMessage } from 'node:http'

export class BodyTooLarge extends Error {}

/** What is small enough to keep, so that it can be sent again where the upstream redirects it. In bytes. */
export const SMALL = 64 * 1024

/** Absent if the sender doesn't say. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  const given = headers['content-length']
  if (given !== undefined) return Number(given)
  return headers['transfer-encoding'] === undefined ? 0 : undefined
}

/** @throws {BodyTooLarge} */
export async function* bounded(body: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  let size = 0
  // Left to itself the loop would cut the connection, and the client couldn't read why.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new BodyTooLarge()
    yield chunk
  }
}

/** @throws {BodyTooLarge} */
export async function readWhole(body: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of bounded(body, limit)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
