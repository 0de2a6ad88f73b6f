/** The provider that an address names. */
import type { FastifyInstance } from 'fastify'
import type { Provider } from '../../domain/provider/provider.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'

/** @throws {OAuthError} if nobody can log in by it */
export async function findEnabled(app: FastifyInstance, name: string): Promise<Provider> {
  const provider = (await app.enabledProviders()).find((each) => each.name === name)
  if (provider === undefined) throw new OAuthError('invalid_request', 'nobody can log in by this provider here', { status: 404 })
  return provider
}
