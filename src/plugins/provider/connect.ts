/** The client for a stored provider, with its secret and where it sends people back to. */
import type { FastifyInstance } from 'fastify'
import type { Vault } from '../../crypto/vault.ts'
import { redirectUriOf } from '../../domain/provider/provider-address.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { ProviderClients } from '../../providers/provider-clients.ts'
import type { ProviderClient } from '../../providers/provider-client.ts'

/** @throws {StorageRefused} if the secret can't be decrypted any more */
export type ConnectTo = (provider: Provider) => ProviderClient

export const createConnector =
  ({ settings }: Pick<FastifyInstance, 'settings'>, clients: ProviderClients, vault: Vault): ConnectTo =>
  (provider) =>
    clients({
      ...provider,
      clientSecret: vault.decrypt(provider.encryptedClientSecret!),
      redirectUri: redirectUriOf(settings.issuer, provider.name),
    })
