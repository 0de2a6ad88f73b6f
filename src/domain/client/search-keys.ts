/** By which operators look for a client: the beginning of its name, and of the host that answers go to. */
import { documentHost } from './client-document.ts'
import type { Client } from './client.ts'

/** Longest name that is compared, in characters. */
const MAX_KEY = 64

export interface SearchKeys {
  readonly name: string | undefined
  /** The host that vouches for it, else the first https one that it names; loopback addresses are those of everybody. */
  readonly host: string | undefined
}

/** Only ASCII is lowercased, because both engines agree on that. */
export function searchKey(text: string): string {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return lower.length > MAX_KEY ? [...lower].slice(0, MAX_KEY).join('') : lower
}

/** The host of an https address that isn't on the own machine. */
const HOST = /^https:\/\/(?!localhost[:/?]|localhost$|127\.|\[)([^/?]+)/i

export function searchKeysOf(client: Pick<Client, 'id' | 'origin' | 'metadata'>): SearchKeys {
  const { redirectUris, display } = client.metadata
  const host = documentHost(client) ?? redirectUris.map((uri) => HOST.exec(uri)?.[1]).find((each) => each !== undefined)
  const { client_name: name } = display
  return { name: name === undefined ? undefined : searchKey(name), host: host === undefined ? undefined : searchKey(host) }
}
