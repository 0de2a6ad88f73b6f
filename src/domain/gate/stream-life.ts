/** How long an exchange with the upstream may go on. */

/** `listening` waits for whatever comes; `answering` is the answer to a request, which may take longer than its token lives. */
export const EXCHANGE_KINDS = ['listening', 'answering'] as const
export type ExchangeKind = (typeof EXCHANGE_KINDS)[number]

/** Asked so often, a revocation ends every exchange within half a minute. In ms. */
export const RECHECK_MS = 25_000
/** How long nothing may pass before a comment shows that the stream is alive, in ms: less than the 30 to 60 s of common proxies. */
export const KEEP_ALIVE_MS = 15_000

/** MCP 2026-07-28 listens by a POST. */
export const kindOf = (method: string, mcpMethod: string | undefined): ExchangeKind =>
  method === 'GET' || mcpMethod === 'subscriptions/listen' ? 'listening' : 'answering'

/**
 * When it ends at the latest, in ms.
 *
 * @param exp of the token, in seconds
 * @param grace in seconds
 */
export const endOf = (kind: ExchangeKind, exp: number, grace: number): number => (exp + (kind === 'answering' ? grace : 0)) * 1000
