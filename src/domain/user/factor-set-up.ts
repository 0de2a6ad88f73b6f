/**
 * A second factor that somebody is setting up. Its page carries it, signed, so nothing is stored before the factor has worked once. It is
 * bound to a session, or to the link that opened the page. Instants are milliseconds since the epoch.
 */
import { isMac, mac } from '../protocol/mac.ts'
import type { MacKeys } from '../protocol/mac.ts'

export interface SetUp {
  readonly userId: string
  /** The hash of the session's id, or of the link's token. */
  readonly boundTo: string
  /** Of one-time codes. */
  readonly secret: string
  /** What a new passkey has to sign, once. */
  readonly challenge: string
  readonly at: number
}

/** How long somebody may take. */
export const SET_UP_LIFETIME_MS = 30 * 60_000

export function signSetUp(setUp: SetUp, [key]: MacKeys): string {
  const payload = Buffer.from(JSON.stringify(setUp)).toString('base64url')
  return `${payload}.${mac(key, 'factor set-up', payload)}`
}

/** `undefined` if we didn't sign it, it is bound to something else, or it has expired. */
export function openSetUp(signed: string, keys: MacKeys, boundTo: string, now: number): SetUp | undefined {
  const [payload = '', signature = ''] = signed.split('.')
  if (!isMac(signature, keys, 'factor set-up', payload)) return undefined
  const setUp = JSON.parse(Buffer.from(payload, 'base64url').toString()) as SetUp
  return setUp.boundTo === boundTo && now - setUp.at < SET_UP_LIFETIME_MS ? setUp : undefined
}
