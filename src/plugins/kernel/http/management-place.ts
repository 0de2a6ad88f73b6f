/** From where the server may be managed, by API and console (ADMIN_ADDRESSES). */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createNetworkMatcher } from '../../../domain/protocol/network.ts'

/** Whether a request comes from where the server may be managed. */
export function createPlaceCheck({ settings: { adminAddresses } }: FastifyInstance): (request: FastifyRequest) => boolean {
  if (adminAddresses === undefined) return () => true
  const isIn = createNetworkMatcher(adminAddresses)
  return ({ ip }) => isIn(ip)
}
