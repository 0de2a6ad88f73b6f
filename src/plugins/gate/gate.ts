/**
 * Any MCP server behind this server (docs/gate.md): decides whether a request may pass, and passes it on. Owns the order of the checks; not
 * which requests these are (gate-routing.ts), nor what any check is about.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GateMatch } from '../../domain/gate/gate-table.ts'
import { NO_SESSION } from '../../domain/gate/json-rpc.ts'
import { isOrigin } from '../../domain/gate/origin.ts'
import { unbind } from '../../domain/gate/session-binding.ts'
import { baseScope } from '../../domain/gate/tool-rules.ts'
import { discardBody } from '../kernel/http/leftover-body.ts'
import type { NoteDenial } from './denials.ts'
import { METHODS, askForToken, sendRefusal, toRefusal } from './gate-answers.ts'
import type { GateRefusal } from './gate-answers.ts'
import { refusesScope, refusesUse } from './gate-rights.ts'
import { createForwarder } from './forward.ts'
import type { ForwarderNeeds } from './forward.ts'
import type { FindCaller } from './gate-token.ts'
import { holderOf } from './passing.ts'
import { lengthOf } from './request-body.ts'

const METHOD_NAMES = METHODS.split(', ')

const gate: FastifyPluginAsync<ForwarderNeeds & { noteDenial: NoteDenial; findCaller: FindCaller }> = async (
  app,
  { noteDenial, findCaller, ...needs },
) => {
  const { gateBodyLimit } = app.settings
  const forward = createForwarder(app, needs)

  app.addHook('onRequest', (request, reply, done) => {
    const { gated } = request
    if (gated === undefined) return done()
    pass(request, reply, gated).then(
      async (refusal) => {
        count(gated, refusal)
        if (refusal === undefined) return
        await noteDenial(request, refusal)
        // A client that sends everything before it reads would see a broken connection instead of the answer.
        if (refusal.status === 413) await discardBody(request.raw)
        if (!reply.sent && !reply.raw.destroyed) sendRefusal(reply, refusal)
      },
      (error: unknown) => {
        const refusal = toRefusal(error)
        count(gated, refusal ?? { status: 500 })
        if (refusal === undefined) done(error as Error)
        else sendRefusal(reply, refusal)
      },
    )
  })

  const count = ({ resource }: GateMatch, refusal: Pick<GateRefusal, 'status'> | undefined): void =>
    app.meter.count('gate', { resource: resource.identifier, outcome: String(refusal?.status ?? 'passed') })

  /** Why it may not pass; `undefined` once its answer is under way. */
  async function pass(request: FastifyRequest, reply: FastifyReply, gated: GateMatch): Promise<GateRefusal | undefined> {
    const unfit = checkForm(request, gated)
    if (unfit !== undefined) return unfit
    const base = baseScope(gated.resource, gated.gate.tools)
    const { caller, none } = await findCaller(request, reply, gated)
    if (caller === undefined) return askForToken(gated, none, base)
    const denied = refusesUse(gated, caller)
    if (denied !== undefined) return denied
    if (base !== undefined && !caller.scopes.includes(base)) {
      needs.toolAudit.denied(request, gated, caller, undefined)
      return refusesScope(gated, caller, [base])
    }

    const holder = holderOf(app.settings.issuer, gated, caller)
    const bound = request.headers['mcp-session-id']?.toString()
    const sessionId = bound === undefined ? undefined : unbind(bound, holder, app.macKeys, 'mcp session')
    // As if it were over: nobody learns whether it is another's.
    if (bound !== undefined && sessionId === undefined) return { status: 404, code: NO_SESSION, message: 'Session not found' }
    const endpoint = gated.at === 'legacy' ? unbind(gated.rest, holder, app.macKeys, 'mcp endpoint') : undefined
    if (gated.at === 'legacy' && endpoint === undefined) return { status: 404, message: 'there is nothing at this address' }
    return forward(request, reply, { gated, caller, holder, sessionId, endpoint })
  }

  /** What needs no token: it is the same for everybody. */
  function checkForm({ method, headers: { origin }, raw }: FastifyRequest, { at }: GateMatch): GateRefusal | undefined {
    const allowed = at === 'legacy' ? ['POST'] : METHOD_NAMES
    if (!allowed.includes(method))
      return {
        status: 405,
        message: `this address answers ${allowed.join(', ')} only`,
        headers: { allow: [...allowed, 'OPTIONS'].join(', ') },
      }
    if (origin !== undefined && !isOrigin(origin)) return { status: 403, message: 'the Origin header is no origin' }
    return (lengthOf(raw) ?? 0) > gateBodyLimit ? { status: 413, message: 'the request body is too large' } : undefined
  }
}

export default fp(gate, { name: 'gate', dependencies: ['settings', 'storage', 'clock', 'keys', 'rate-limits', 'gate-routing'] })
