/**
 * Requests to identity providers. An operator names their addresses, so they may be private; what they answer is bounded all the same:
 * no redirects, 10 s, 256 KB (threat-model.md T18, T21).
 */
import { readBounded } from '../domain/protocol/bounded-body.ts'

/** As `fetch`, but the answer is read completely. Rejects with `ProviderUnreachable`. */
export type ProviderFetch = (url: string, init?: RequestInit) => Promise<Response>

/** Nothing usable came: the provider is down, slow, or answers something else than what it is asked. */
export class ProviderUnreachable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProviderUnreachable'
  }
}

export interface ProviderFetchOptions {
  /** For tests only, no setting reaches it: where all requests lead. */
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
  /** For checks, which look at a redirect and don't follow it either. */
  readonly showsRedirects?: boolean
}

const TIMEOUT_MS = 10_000
/** Statuses whose answers have no body (Fetch standard). */
const BODILESS = [204, 205, 304]
/** Key sets and group claims are larger than what strangers may send. */
const MAX_BYTES = 256 * 1024

export function createProviderFetch({
  fetch: send = fetch,
  timeoutMs = TIMEOUT_MS,
  showsRedirects = false,
}: ProviderFetchOptions = {}): ProviderFetch {
  return async (asked, init) => {
    const { host, pathname } = new URL(asked)
    const where = host + pathname
    const { response, body } = await answer(send, asked, where, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const redirects = response.status >= 300 && response.status < 400
    if (redirects && !showsRedirects) throw new ProviderUnreachable(`${where} redirects, which is not followed`)
    if (response.status >= 500 || response.status === 429) throw new ProviderUnreachable(`${where} answered ${response.status}`)
    return new Response(BODILESS.includes(response.status) ? null : body, { status: response.status, headers: response.headers })
  }
}

async function answer(send: typeof fetch, url: string, where: string, init: RequestInit): Promise<{ response: Response; body: string }> {
  try {
    const response = await send(url, init)
    const { text, truncated } = await readBounded(response.body, MAX_BYTES)
    if (truncated) throw new ProviderUnreachable(`${where} answered more than ${MAX_BYTES} bytes`)
    return { response, body: text }
  } catch (error) {
    if (error instanceof ProviderUnreachable) throw error
    const { name, cause } = error as Error
    const reason =
      name === 'TimeoutError' ? 'took too long' : `can't be reached (${(cause as { code?: string } | undefined)?.code ?? name})`
    throw new ProviderUnreachable(`${where} ${reason}`, { cause: error })
  }
}
