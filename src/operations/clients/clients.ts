/** Clients: those that an operator adds, and whatever happens to any of them. Each change notes its audit event in the same unit of work. */
import { renderDuration } from '../../config/durations.ts'
import { registeredDetails } from '../../domain/audit/audit-details.ts'
import type { Client } from '../../domain/client/client.ts'
import { ROLES, isRole, mayGiveRoles } from '../../domain/user/role.ts'
import { usesSecret } from '../../domain/client/client-management.ts'
import { parseClientMetadata } from '../../domain/client/client-metadata.ts'
import { ok } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { holdMetadata } from './client-profile.ts'
import { checkClientRank } from './client-rank.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { parseLimit } from '../limits.ts'
import { changedMeanwhile, conflict, forbidden, invalid, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

const LIMITS = { usual: 50, max: 1000 }
/** Longest time, in seconds, that two secrets are valid: that of CLIENT_SECRET_OVERLAP. */
const MAX_OVERLAP = 30 * 86_400

export interface ClientPage {
  readonly clients: readonly Client[]
  /** Whether others follow the last of these. */
  readonly more: boolean
}

export interface ClientQuery {
  /** Text in the id or in what was registered. */
  readonly search?: string | undefined
  readonly limit?: number | undefined
  /** The id of the last client of the page before. */
  readonly after?: string | undefined
  /** Only those that wait for an operator. */
  readonly waiting?: boolean
}

/** A page of clients, the newest first. */
export async function listClients(
  context: OperationContext,
  { search, limit: asked, after, waiting = false }: ClientQuery,
): Promise<Outcome<ClientPage>> {
  const limit = parseLimit(asked, LIMITS)
  if (!limit.ok) return limit
  const last = after === undefined ? ok(undefined) : await findClient(context, after)
  if (!last.ok) return last
  const found = await context.storage.clients.list({
    limit: limit.value + 1, // one more, to see whether others follow
    isWaiting: waiting,
    ...(search !== undefined && { search }),
    ...(last.value !== undefined && { after: last.value }),
  })
  return ok({ clients: found.slice(0, limit.value), more: found.length > limit.value })
}

export async function findClient({ storage }: OperationContext, id: string): Promise<Outcome<Client>> {
  const client = await storage.clients.find(id)
  return client === undefined ? notFound(`There is no client ${id}.`) : ok(client)
}

/** A client, and how many of its grants are live. */
export async function showClient(context: OperationContext, id: string): Promise<Outcome<{ client: Client; liveGrants: number }>> {
  const client = await findClient(context, id)
  if (!client.ok) return client
  return ok({ client: client.value, liveGrants: await context.storage.grants.countLive(id, context.now()) })
}

/**
 * Adds a client that is never swept, by the rules of registration (RFC 7591).
 *
 * @param profile the security profile that it is held to, if any
 * @param management the most that it may do at the management API, if it may ask for its tokens: that takes an owner
 * @returns the client, and its secret if its authentication method needs one: only a hash of it is kept
 */
export async function addClient(
  context: OperationContext,
  request: RegistrationRequest,
  { profile, management }: { readonly profile?: string | undefined; readonly management?: string | undefined } = {},
): Promise<Outcome<{ client: Client; secret: string | undefined }>> {
  if (management !== undefined && !mayGiveRoles(context.actor)) return forbidden('Only owners add clients that manage the server.')
  if (management !== undefined && !isRole(management))
    return invalidArgument('management', `must be one of ${ROLES.join(', ')}`, management)
  const metadata = parseClientMetadata(request)
  if (!metadata.ok) return invalid(`${metadata.error.description}.`)
  const held = holdMetadata(context, metadata.value, profile)
  if (!held.ok) return held
  const { stored, used } = held.value
  const secret = usesSecret(used) ? context.newSecret() : undefined
  const now = context.now()
  const client: Client = {
    id: `client_${context.newRecordId(now)}`,
    secretHash: secret === undefined ? undefined : sha256(secret),
    metadata: stored,
    origin: 'operator',
    ...(management !== undefined && { managementRole: management }),
    createdAt: now,
  }
  const details = { ...registeredDetails(client.metadata), ...(management !== undefined && { management }) }
  await context.storage.clients.insert(client, operatorEvent(context, { name: 'client.registered', clientId: client.id, details }))
  return ok({ client: { ...client, metadata: used }, secret })
}

/** Ends the client's grants, and refuses its id from now on. */
export async function disableClient(context: OperationContext, client: Client): Promise<Outcome<void>> {
  const allowed = checkClientRank(context, client)
  if (!allowed.ok) return allowed
  const { id } = client
  const event = operatorEvent(context, { name: 'client.disabled', clientId: id, details: {} })
  const disabled = await context.storage.clients.disable(id, context.now(), event)
  return disabled ? ok(undefined) : conflict(`${id} is already disabled.`)
}

/** Lets a client be used again, without the grants that it had. */
export async function enableClient(context: OperationContext, client: Client): Promise<Outcome<void>> {
  const allowed = checkClientRank(context, client)
  if (!allowed.ok) return allowed
  const { id } = client
  const event = operatorEvent(context, { name: 'client.enabled', clientId: id, details: {} })
  const enabled = await context.storage.clients.enable(id, context.now(), event)
  return enabled ? ok(undefined) : conflict(`${id} is not disabled.`)
}

/** Deletes a client with its consents, grants and tokens. */
export async function deleteClient(context: OperationContext, client: Client): Promise<Outcome<void>> {
  const allowed = checkClientRank(context, client)
  if (!allowed.ok) return allowed
  const { id } = client
  const event = operatorEvent(context, { name: 'client.deleted', clientId: id, details: {} })
  return (await context.storage.clients.delete(id, event)) ? ok(undefined) : changedMeanwhile(id)
}

/**
 * Gives a client a new secret.
 *
 * @param overlap how long the previous secret stays valid, in seconds; as CLIENT_SECRET_OVERLAP says if it is left out
 * @returns the secret, of which only a hash is kept, and that time
 */
export async function rotateClientSecret(
  context: OperationContext,
  client: Client,
  { overlap = context.config.clientSecretOverlap }: { overlap?: number | undefined },
): Promise<Outcome<{ secret: string; overlap: number }>> {
  const allowed = checkClientRank(context, client)
  if (!allowed.ok) return allowed
  const { id } = client
  if (!(Number.isInteger(overlap) && overlap >= 0 && overlap <= MAX_OVERLAP))
    return invalidArgument('overlap', `must be a duration from 0s to ${renderDuration(MAX_OVERLAP)}`, overlap)
  const secret = context.newSecret()
  const rotation = { secretHash: sha256(secret), previousExpiresAt: context.now() + overlap * 1000 }
  const event = operatorEvent(context, { name: 'client.secret_rotated', clientId: id, details: {} })
  const rotated = await context.storage.clients.rotateSecret(id, rotation, event)
  return rotated ? ok({ secret, overlap }) : conflict(`${id} has no secret.`)
}
