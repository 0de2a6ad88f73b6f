/** Why somebody may use an MCP server or not, rule by rule: what the server itself would decide now. */
import { decideAccess, createAccessPolicy } from '../../domain/access/decide-access.ts'
import type { Decision, Verdict } from '../../domain/access/decide-access.ts'
import { PASSWORD_LOGIN } from '../../domain/authorization/authentication.ts'
import { coverage } from '../../domain/gate/tool-rules.ts'
import { toolRulesOf } from '../../domain/resource/tools.ts'
import { ok } from '../../domain/protocol/result.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import type { User } from '../../domain/user/user.ts'
import type { OperationContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import { findResource } from '../resources/resources.ts'
import { findUser } from '../users/users.ts'

export interface Explanation {
  readonly user: User
  readonly resource: Resource
  readonly groups: readonly string[]
  /** Of the resource as a whole. */
  readonly use: Verdict
  readonly scopes: readonly { readonly scope: string; readonly verdict: Verdict }[]
  /** The tool that was asked about, with the scope that it needs. */
  readonly tool?: { readonly name: string; readonly scope?: string; readonly verdict: Verdict } | undefined
}

export interface Question {
  readonly username: string
  readonly resource: string
  readonly client?: string | undefined
  readonly tool?: string | undefined
}

/** @param client its id; without one, rules about certain clients concern nobody */
export async function explainAccess(
  context: OperationContext,
  { username, resource: named, client, tool }: Question,
): Promise<Outcome<Explanation>> {
  const user = await findUser(context, username)
  if (!user.ok) return user
  const resource = await findResource(context, named)
  if (!resource.ok) return resource
  const { storage, config } = context
  const groups = [...new Set((await storage.groups.listOf(user.value.id)).map(({ group }) => group))]
  const asker = { user: { id: user.value.id, groups }, clientId: client ?? '', acr: PASSWORD_LOGIN.acr }
  const policy = createAccessPolicy(await storage.accessRules.list(), config.accessDefault)
  const decision = decideAccess(policy, resource.value, asker)
  const verdicts = [...decision.scopes].map(([scope, verdict]) => ({ scope, verdict }))
  const aboutTool = tool === undefined ? undefined : { name: tool, ...toolVerdict(tool, resource.value, decision) }
  return ok({ user: user.value, resource: resource.value, groups, use: decision.use, scopes: verdicts, tool: aboutTool })
}

function toolVerdict(tool: string, resource: Resource, { use, scopes }: Decision): { scope?: string; verdict: Verdict } {
  const rules = toolRulesOf(resource)
  const [{ scope } = { scope: undefined }] = coverage([tool], resource, rules)
  if (scope !== undefined) return { scope, verdict: scopes.get(scope) ?? { allowed: false } }
  // Without rules for tools, and without scopes, every tool may be called.
  return { verdict: rules.length === 0 ? use : { allowed: false } }
}

/** An explanation as programs read it. */
export const accessJson = ({ user, resource, groups, use, scopes, tool }: Explanation) => ({
  user: user.username,
  resource: resource.identifier,
  groups,
  use,
  scopes: Object.fromEntries(scopes.map(({ scope, verdict }) => [scope, verdict])),
  ...(tool !== undefined && { tool: { name: tool.name, scope: tool.scope, ...tool.verdict } }),
})
