/** Where browsers keep passkeys (Web Authentication), and how many and under which names people have them. */
import { isIP } from 'node:net'

/** Passkeys that one person may have. */
export const MAX_PASSKEYS = 20
const MAX_NAME = 64

/** The host that browsers keep passkeys for; undefined for an address, for which they keep none. */
export function rpIdOf(issuer: string): string | undefined {
  const { hostname } = new URL(issuer)
  return hostname.startsWith('[') || isIP(hostname) !== 0 ? undefined : hostname
}

/** A name that a person gives a passkey; undefined if it is empty. */
export function parsePasskeyName(typed: string): string | undefined {
  const name = [...typed.normalize('NFC').replaceAll(/\p{C}/gu, ' ').trim()].slice(0, MAX_NAME).join('')
  return name === '' ? undefined : name
}
