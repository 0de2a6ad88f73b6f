/** One request to the authorization server, limited in time and size, that follows no redirects. */
import { readBounded } from '../domain/protocol/bounded-body.ts'
import { parseJsonObject } from '../domain/protocol/json.ts'
import type { JsonObject } from '../domain/protocol/json.ts'

const TIMEOUT_MS = 5000
const MAX_BYTES = 256 * 1024

export interface JsonAnswer {
  readonly status: number
  /** Undefined unless the body is a JSON object. */
  readonly body: JsonObject | undefined
}

/** @throws if no answer comes, or one that is too large */
export async function fetchJson(send: typeof fetch, url: string, init: RequestInit = {}): Promise<JsonAnswer> {
  const response = await send(url, {
    ...init,
    headers: { accept: 'application/json', ...init.headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const { text, truncated } = await readBounded(response.body, MAX_BYTES)
  if (truncated) throw new Error(`the answer of ${url} is larger than ${MAX_BYTES} bytes`)
  return { status: response.status, body: parseJsonObject(text) }
}
