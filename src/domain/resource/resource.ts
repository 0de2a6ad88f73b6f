/** A registered resource as it is kept. Instants are milliseconds since the epoch. */
import type { SigningAlg } from '../key/stored-key.ts'

/** What a client may do at a resource, in the words of whoever runs it. */
export interface ResourceScope {
  readonly name: string
  readonly description: string
}

/** A resource server that a person registered: an MCP server. What is absent is as the server's settings say. */
export interface Resource {
  /** By which it authenticates for introspection. */
  readonly id: string
  readonly secretHash: string
  /** The URI that resource indicators name (RFC 8707), and that ends in `aud`. */
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly ResourceScope[]
  /** Seconds. */
  readonly accessTokenTtl?: number | undefined
  readonly accessTokenFormat?: 'jwt' | 'opaque' | undefined
  readonly accessTokenAlg?: SigningAlg | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

const ID_PREFIX = 'resource_'

/** A resource's id, by which it authenticates: it can't be taken for a client's. */
export const resourceId = (random: string): string => ID_PREFIX + random
export const isResourceId = (id: string): boolean => id.startsWith(ID_PREFIX)
