/**
 * Session ids and addresses of the upstream, as the client gets them: signed for the one to whom they belong, so that nobody else enters
 * the session, on any node, and nothing has to be stored (threat-model.md T22).
 */
import { isMac, mac } from '../protocol/mac.ts'
import type { MacKeys } from '../protocol/mac.ts'

/** To whom something of the upstream belongs. */
export interface Holder {
  readonly issuer: string
  readonly resource: string
  readonly subject: string
  readonly clientId: string
}

/** An id, or an address to post messages to (HTTP with SSE, 2024-11-05). */
type Purpose = 'mcp session' | 'mcp endpoint'

const signedText = ({ issuer, resource, subject, clientId }: Holder, text: string): string =>
  JSON.stringify([issuer, resource, subject, clientId, text])

/** `text`, and the signature after its last dot. */
export const bind = (text: string, holder: Holder, [key]: MacKeys, purpose: Purpose): string =>
  `${text}.${mac(key, purpose, signedText(holder, text))}`

/** What was bound; `undefined` for anything else, and for what belongs to another. */
export function unbind(bound: string, holder: Holder, keys: MacKeys, purpose: Purpose): string | undefined {
  const dot = bound.lastIndexOf('.')
  const text = bound.slice(0, Math.max(dot, 0))
  return dot > 0 && isMac(bound.slice(dot + 1), keys, purpose, signedText(holder, text)) ? text : undefined
}

/** What the specification allows in a session id; anything else isn't one, and has no place in a header. */
export const isSessionId = (text: string): boolean => /^[\x21-\x7e]{1,1024}$/.test(text)
