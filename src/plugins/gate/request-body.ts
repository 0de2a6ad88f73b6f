/** The body of a request on its way to the upstream: bounded, and read as a whole only where something depends on it. */
import type { IncomingMessage } from 'node:http'
import type { GateRefusal } from './gate-answers.ts'

/** It can't be passed on; nothing is wrong with the upstream. */
export class BodyRefused extends Error {
  readonly refusal: GateRefusal

  constructor(refusal: GateRefusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** What is small enough to keep, so that it can be sent again where the upstream redirects it. In bytes. */
export const SMALL = 64 * 1024

/** Absent if the sender doesn't say. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  const given = headers['content-length']
  if (given !== undefined) return Number(given)
  return headers['transfer-encoding'] === undefined ? 0 : undefined
}

/** @throws {BodyRefused} if it is too large, or ends before its end */
export async function* bounded(body: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  let left = limit
  try {
    // Left to itself the loop would cut the connection, and the client couldn't read why.
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      left -= chunk.length
      if (left < 0) break
      yield chunk
    }
  } catch {
    throw new BodyRefused({ status: 400, message: 'the request body is incomplete' })
  }
  if (left < 0) throw new BodyRefused({ status: 413, message: 'the request body is too large' })
}

/** Why it is refused, or all of it. */
export async function readWhole(body: IncomingMessage, limit: number): Promise<Buffer | BodyRefused> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of bounded(body, limit)) chunks.push(chunk)
  } catch (error) {
    return error as BodyRefused
  }
  return Buffer.concat(chunks)
}
