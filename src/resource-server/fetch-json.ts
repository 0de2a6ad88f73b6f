/** One bounded request to the authorization server: in time, in size, and without following redirects. */
import { parseJsonObject } from '../domain/protocol/json.ts'
import type { JsonObject } from '../domain/protocol/json.ts'

/** An answer may take so long, in ms, and be so large, in bytes. */
const TIMEOUT_MS = 5000
const LIMIT = 256 * 1024

export interface JsonAnswer {
  readonly status: number
  /** Undefined unless the body is a JSON object. */
  readonly body: JsonObject | undefined
}

/** @throws if no answer came, or one that is too large */
export async function fetchJson(send: typeof fetch, url: string, init: RequestInit = {}): Promise<JsonAnswer> {
  const response = await send(url, {
    ...init,
    headers: { accept: 'application/json', ...init.headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LIMIT) throw new Error(`the answer of ${url} is larger than ${LIMIT} bytes`)
    chunks.push(chunk)
  }
  return { status: response.status, body: parseJsonObject(Buffer.concat(chunks).toString('utf8')) }
}
