/** JSON-RPC errors of the gate. A client that gets one knows that it speaks with a server of today, whatever the status is. */

export type MessageId = string | number | null

/** Free for implementations (JSON-RPC 2.0 section 5.1). */
export const REFUSED = -32_000
/** As the MCP SDK calls a session that is over. */
export const NO_SESSION = -32_001
/** MCP 2026-07-28: a header says something else than the body. */
export const HEADER_MISMATCH = -32_020
export const PARSE_ERROR = -32_700
export const INVALID_REQUEST = -32_600

export const jsonRpcError = (code: number, message: string, id: MessageId = null): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })

/** The id of a message, as far as it is one. */
export const idOf = ({ id }: Readonly<Record<string, unknown>>): MessageId => (typeof id === 'string' || typeof id === 'number' ? id : null)
