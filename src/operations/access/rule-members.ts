/** What an operator can say in an access rule. */
import type { AccessRule, ClientCondition, Who } from '../../domain/access/access-rule.ts'
import { ACR_VALUES } from '../../domain/authorization/authentication.ts'
import { isDocumentUrl } from '../../domain/client/client-document.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { scopeNames } from '../../domain/resource/resource-registry.ts'
import { findGroup } from './groups.ts'
import type { OperationContext } from '../context.ts'
import { invalid, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { findUser } from '../users/users.ts'

export interface RuleMembers {
  /** One of these three says whom the rule concerns. */
  readonly everybody?: boolean | undefined
  readonly group?: string | undefined
  readonly user?: string | undefined
  /** None: all of the resource. */
  readonly scopes?: readonly string[] | undefined
  /** Ids of clients. */
  readonly clients?: readonly string[] | undefined
  /** Hosts of clients that are known by a metadata document. */
  readonly clientHosts?: readonly string[] | undefined
  /** All clients that are known by one. */
  readonly verifiedClients?: boolean | undefined
  readonly acr?: string | undefined
}

type Parsed = Pick<AccessRule, 'who' | 'scopes' | 'clients' | 'acr'>

export async function parseRule(
  context: OperationContext,
  resource: Resource,
  effect: AccessRule['effect'],
  raw: RuleMembers,
): Promise<Outcome<Parsed>> {
  const who = await parseWho(context, raw)
  if (!who.ok) return who
  const { scopes = [], acr } = raw
  const unknown = scopes.find((scope) => !scopeNames(resource).includes(scope))
  if (unknown !== undefined) return invalid(`${resource.identifier} has no scope ${plainText(unknown, 100)}.`)
  const clients = await parseClients(context, raw)
  if (!clients.ok) return clients
  if (acr !== undefined && effect === 'deny') return invalid('A rule that denies has no acr: let a rule that allows ask for one.')
  if (acr !== undefined && !ACR_VALUES.includes(acr)) return invalidArgument('acr', `must be one of ${ACR_VALUES.join(', ')}`, acr)
  return ok({
    who: who.value,
    ...(scopes.length > 0 && { scopes: [...new Set(scopes)] }),
    ...(clients.value !== undefined && { clients: clients.value }),
    ...(acr !== undefined && { acr }),
  })
}

async function parseWho(context: OperationContext, { everybody = false, group, user }: RuleMembers): Promise<Outcome<Who>> {
  if ([everybody, group !== undefined, user !== undefined].filter(Boolean).length !== 1)
    return invalid('Say whom the rule concerns: a group, a user, or everybody.')
  if (group !== undefined) {
    const found = await findGroup(context, group)
    return found.ok ? ok({ kind: 'group', group: found.value.name }) : found
  }
  if (user === undefined) return ok({ kind: 'everybody' })
  const found = await findUser(context, user)
  return found.ok ? ok({ kind: 'user', userId: found.value.id }) : found
}

async function parseClients({ storage }: OperationContext, raw: RuleMembers): Promise<Outcome<ClientCondition | undefined>> {
  const { clients: ids = [], clientHosts: hosts = [], verifiedClients: verified = false } = raw
  if (ids.length === 0 && hosts.length === 0 && !verified) return ok(undefined)
  for (const id of ids) {
    // One with a document may come later.
    if (!isDocumentUrl(id) && (await storage.clients.find(id)) === undefined) return notFound(`There is no client ${plainText(id, 100)}.`)
  }
  const odd = hosts.find((host) => !isHost(host))
  if (odd !== undefined) return invalidArgument('clientHost', 'must be a host, such as app.example', odd)
  return ok({ verified, hosts: hosts.map((host) => host.toLowerCase()), ids })
}

const isHost = (host: string): boolean => URL.canParse(`https://${host}`) && new URL(`https://${host}`).host === host.toLowerCase()
