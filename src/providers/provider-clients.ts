/** One client for each provider, which is kept as long as the provider stays the same. */
import { createProviderFetch } from '../fetch/provider-fetch.ts'
import type { ProviderFetch, ProviderFetchOptions } from '../fetch/provider-fetch.ts'
import { createGithubClient } from './github-provider.ts'
import { createOpenIdClient } from './openid-provider.ts'
import type { Connection, ProviderClient } from './provider-client.ts'

export type ProviderClients = (connection: Connection) => ProviderClient

/** @param now in ms */
export function createProviderClients(fetch: ProviderFetch, now: () => number): ProviderClients {
  const clients = new Map<string, { readonly of: string; readonly client: ProviderClient }>()
  return (connection) => {
    const of = JSON.stringify(connection)
    const known = clients.get(connection.name)
    if (known?.of === of) return known.client
    const client = clientOf(connection, fetch, now)
    clients.set(connection.name, { of, client })
    return client
  }
}

/** A client of its own, for a program that needs one. */
export const createProviderClient = (connection: Connection, now: () => number, options?: ProviderFetchOptions): ProviderClient =>
  clientOf(connection, createProviderFetch(options), now)

const clientOf = (connection: Connection, fetch: ProviderFetch, now: () => number): ProviderClient =>
  connection.kind === 'github' ? createGithubClient(connection, fetch) : createOpenIdClient(connection, fetch, now)
