/** By which operators look for a client: the beginning of its name, and of the host that answers go to. */
import { documentHost } from './client-document.ts'
import type { Client } from './client.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'

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

export function searchKeysOf(client: Pick<Client, 'id' | 'origin' | 'metadata'>): SearchKeys {
  const { redirectUris, display } = client.metadata
  const uri = redirectUris.find((each) => redirectKind(each) === 'https')
  const host = documentHost(client) ?? (uri === undefined ? undefined : new URL(uri).host)
  const { client_name: name } = display
  return { name: name === undefined ? undefined : searchKey(name), host: host === undefined ? undefined : searchKey(host) }
}
