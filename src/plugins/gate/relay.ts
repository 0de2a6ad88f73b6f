/**
 * The way of an answer from the upstream to the client, byte for byte as it comes. Owns flushing, backpressure, that either side ends the
 * other, and comments in silent streams; not which headers pass (domain/gate/response-headers.ts).
 */
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { EndpointFilter } from '../../domain/gate/endpoint-event.ts'

export interface RelayOptions {
  /** Of events: it may end after any of them, and is whole. */
  readonly isStream: boolean
  /** Replaces addresses that the client must not follow. */
  readonly filter: EndpointFilter | undefined
  /** Called for each chunk that passes. */
  readonly onActivity: (chunk: Buffer) => void
  /** Called once, when both sides are over. */
  readonly onEnd: () => void
}

export interface Relay {
  /** The client sees a whole stream, or that an answer is broken off. */
  end(): void
  /** A comment, unless an event is half sent. */
  keepAlive(): void
}

/** @param raw whose head is written already */
export function relay(body: Readable, raw: ServerResponse, { isStream, filter, onActivity, onEnd }: RelayOptions): Relay {
  let tail = '\n\n'
  let isOver = false

  /** `cut`: the client must not take what it has for the whole. */
  function finish(cut: boolean): void {
    if (isOver) return
    isOver = true
    body.destroy()
    if (cut) raw.destroy()
    else raw.end()
    onEnd()
  }

  function pass(chunk: Buffer): void {
    onActivity(chunk)
    const passed = filter === undefined ? chunk : filter.push(chunk)
    if (passed === undefined) return finish(true)
    if (passed.length === 0) return
    tail = (tail + passed.subarray(-4).toString('latin1')).slice(-4)
    if (!raw.write(passed)) body.pause()
  }

  body
    .on('data', pass)
    .once('end', () => finish(false))
    .on('error', () => finish(true))
    .once('close', () => finish(true))
  raw.on('drain', () => body.resume()).once('close', () => finish(true))
  // The client learns of the answer before anything of it is there. `flushHeaders()` would write them in UTF-8, and so change their bytes.
  raw.write('', 'latin1')
  return {
    end: () => finish(!isStream),
    keepAlive: () => {
      if (!isOver && !raw.writableNeedDrain && /(?:\n\n|\r\r|\r\n\r\n)$/.test(tail)) raw.write(':\n\n')
    },
  }
}
