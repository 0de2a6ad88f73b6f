/**
 * `/forward-auth`: another proxy asks whether a request may pass, and passes it on itself (docs/gate.md). Owns who may ask and how the answer
 * looks: 200 with identity, 401 or 403 with the whole challenge, never a redirect. Not what the proxy says (domain/gate/forwarded-request.ts).
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GuardedResource } from '../../../domain/gate/gate-table.ts'
import { ASSERTION_HEADER, assertionClaims, identityHeaders } from '../../../domain/gate/identity.ts'
import { readForwardedRequest } from '../../../domain/gate/forwarded-request.ts'
import { deniedRequest } from '../../../domain/gate/forwarded-rules.ts'
import type { DeniedRequest } from '../../../domain/gate/forwarded-rules.ts'
import { baseScope } from '../../../domain/gate/tool-rules.ts'
import { isLoopback } from '../../../domain/protocol/loopback.ts'
import { createNetworkMatcher } from '../../../domain/protocol/network.ts'
import { newId } from '../../../crypto/random.ts'
import { pathOf } from '../../kernel/route-table.ts'
import { askForToken, sendRefusal, toRefusal } from '../gate-answers.ts'
import type { GateRefusal } from '../gate-answers.ts'
import type { NoteDenial } from '../denials.ts'
import { refusesScope, refusesUse } from '../gate-rights.ts'
import { FORWARD_AUTH } from '../gate-routing.ts'
import type { FindGateTable } from '../gate-tables.ts'
import type { Caller, FindCaller } from '../gate-token.ts'
import type { ToolAudit } from '../tool-audit.ts'

/** Whatever a proxy copies is there: Caddy would copy the name of what is missing. */
const NOBODY = {
  'x-auth-subject': '',
  'x-auth-client': '',
  'x-auth-scope': '',
  'x-auth-email': '',
  'x-auth-groups': '',
  [ASSERTION_HEADER]: '',
}
const notFound: GateRefusal = { status: 404, message: 'there is nothing at this address' }
const refused = (message: string): GateRefusal => ({ status: 403, message })

interface Needs {
  readonly findCaller: FindCaller
  readonly findGateTable: FindGateTable
  readonly noteDenial: NoteDenial
  readonly toolAudit: ToolAudit
}

const forwardAuth: FastifyPluginAsync<Needs> = async (app, { findCaller, findGateTable, noteDenial, toolAudit }) => {
  const { forwardAuth: isOn, trustProxy, issuer, accessTokenAlg } = app.settings
  if (isOn !== 'on') return
  const isProxy = createNetworkMatcher(trustProxy as string[])
  const own = new URL(issuer)
  const said = new Set<string>()

  // Without a route: every method is answered alike, and no rule for browsers answers before.
  app.addHook('onRequest', async (request, reply) => (pathOf(request.url) === FORWARD_AUTH ? answer(request, reply) : undefined))

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    try {
      const refusal = await decide(request, reply)
      if (refusal !== undefined) {
        await noteDenial(request, refusal)
        sendRefusal(reply, refusal)
      } else reply.code(200).header('cache-control', 'no-store').send('')
    } catch (error) {
      const refusal = toRefusal(error)
      if (refusal === undefined) throw error
      sendRefusal(reply, refusal)
    }
    return reply
  }

  /** Why it may not pass; otherwise the answer has who it is. */
  async function decide(request: FastifyRequest, reply: FastifyReply): Promise<GateRefusal | undefined> {
    const { headers } = request
    if (!isProxy(String(request.socket.remoteAddress)) || (await isPublic(headers.host ?? ''))) return notFound
    const read = readForwardedRequest(headers)
    if (!read.ok) return misunderstood(read.error)
    const { method, host, path, address } = read.value
    const guarded = (await findGateTable()).findGuarded(host, path)
    if (guarded === undefined) return misunderstood(`no resource is registered for ${host}${path}`)
    // Proxies send them to this server itself, which answers them (gate-routing.ts).
    if (method === 'OPTIONS') return refused('preflights are answered elsewhere')

    const base = baseScope(guarded.resource, guarded.gate.tools)
    const { caller, none } = await findCaller(request, reply, guarded, { method, address })
    if (caller === undefined) return askForToken(guarded, none, base)
    const unusable = refusesUse(guarded, caller)
    if (unusable !== undefined) return unusable
    const denied: DeniedRequest | undefined =
      base !== undefined && !caller.scopes.includes(base)
        ? { missing: [base] }
        : deniedRequest(guarded.gate, method, headers, caller.scopes)
    if (denied !== undefined) {
      toolAudit.denied(request, guarded, caller, denied.tool)
      return refusesScope(guarded, caller, denied.missing)
    }
    reply.headers(await identityOf(guarded, caller))
    return undefined
  }

  /** Who can reach this path by a public name has come past the proxy's rules. */
  async function isPublic(host: string): Promise<boolean> {
    if (host.toLowerCase() === own.host || (!isLoopback(own.hostname) && nameOf(host) === own.hostname)) return true
    const table = await findGateTable()
    return table.isForeign(host) || table.isForeign(nameOf(host))
  }

  /** The operator has to mend it, so the log has it: once for each, and for as many as strangers can't fill it with. */
  function misunderstood(problem: string): GateRefusal {
    if (!said.has(problem) && said.size < 100) {
      said.add(problem)
      app.log.warn({ problem }, 'a proxy asked about a request that can not be decided')
    }
    return refused('the request can not be matched to a resource')
  }

  async function identityOf({ gate, resource }: GuardedResource, caller: Caller): Promise<Record<string, string>> {
    if (gate.identity === 'none') return NOBODY
    if (gate.identity === 'headers') return { ...NOBODY, ...identityHeaders(caller, resource) }
    const claims = assertionClaims(caller, { issuer, audience: resource.identifier, jti: newId(), resource }, app.now())
    return { ...NOBODY, [ASSERTION_HEADER]: await app.jwt.signAssertion(claims, accessTokenAlg) }
  }
}

const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')

export default fp(forwardAuth, {
  name: 'forward-auth',
  dependencies: ['settings', 'storage', 'clock', 'keys', 'rate-limits', 'gate-routing'],
})
