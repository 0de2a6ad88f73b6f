/** The security profile of a client (domain/client/security-profile.ts): stricter rules that the operator chooses for it. */
import { changedDetails } from '../../domain/audit/audit-details.ts'
import { applyProfile } from '../../domain/client/security-profile.ts'
import type { ServerProfile } from '../../domain/client/security-profile.ts'
import type { ClientMetadata } from '../../domain/client/client-metadata.ts'
import type { Client } from '../../domain/client/client.ts'
import { ok } from '../../domain/protocol/result.ts'
import { checkClientRank } from './client-rank.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, invalid, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** What is stored of a client that is held to a profile, and how the server uses it. */
export interface HeldMetadata {
  readonly stored: ClientMetadata
  readonly used: ClientMetadata
}

const PROFILES: readonly ServerProfile[] = ['none', 'fapi2']

/**
 * Holds metadata to a profile, or at least to that of the server. What the profile decides isn't stored, so that the client is what it
 * registered once the profile is gone.
 */
export function holdMetadata(
  { config }: Pick<OperationContext, 'config'>,
  metadata: ClientMetadata,
  profile: string | undefined,
): Outcome<HeldMetadata> {
  const own = PROFILES.find((known) => known === (profile ?? 'none'))
  if (own === undefined) return invalidArgument('profile', `must be ${PROFILES.join(' or ')}`, profile)
  const held = applyProfile(metadata, own === 'none' ? config.securityProfile : own)
  if (!held.ok) return invalid(`${held.error.description}.`)
  return ok({ stored: { ...metadata, securityProfile: own === 'none' ? undefined : own }, used: held.value })
}

/** Holds a client to a profile from its next request on; `none` takes its profile away. */
export async function holdClientToProfile(
  context: OperationContext,
  client: Client,
  { profile }: { profile?: string | undefined },
): Promise<Outcome<Client>> {
  if (profile === undefined) return invalidArgument('profile', `must be ${PROFILES.join(' or ')}`)
  if (client.origin === 'document')
    return conflict(`${client.id} is what its document says: only SECURITY_PROFILE, which holds all clients, holds it to a profile.`)
  if (client.disabledAt !== undefined) return conflict(`${client.id} is disabled: enable it first.`)
  const allowed = checkClientRank(context, client)
  if (!allowed.ok) return allowed
  const held = holdMetadata(context, client.metadata, profile)
  if (!held.ok) return held
  const after = { ...client, metadata: held.value.stored }
  const event = operatorEvent(context, { name: 'client.updated', clientId: client.id, details: changedDetails(client, after) })
  return (await context.storage.clients.update({ before: client, after }, event)) ? ok(after) : changedMeanwhile(client.id)
}
