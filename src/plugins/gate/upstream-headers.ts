/**
 * The headers of a request to an upstream: the client's, as far as they pass, and those of the gate (threat-model.md T22). Owns how identity
 * and an operator's secrets get there.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatedResource } from '../../domain/gate/gate-table.ts'
import { foldHeaderName } from '../../domain/gate/header-names.ts'
import { ASSERTION_HEADER, assertionClaims, identityHeaders } from '../../domain/gate/identity.ts'
import { forwardedHeaders } from '../../domain/gate/request-headers.ts'
import { readUpstreamHeader } from '../../domain/gate/upstream-header.ts'
import type { Reference } from '../../domain/gate/upstream-header.ts'
import { newId } from '../../crypto/random.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { Caller } from './gate-token.ts'

/** Reads what a reference of an operator leads to; `undefined` if there is nothing. */
export type ReadReference = (reference: Reference) => Promise<string | undefined>

export type MadeHeaders =
  | { readonly headers: Record<string, string | string[]>; readonly refusal?: undefined }
  | { readonly refusal: GateRefusal }

const unset: GateRefusal = { status: 502, message: 'the MCP server behind this address is not configured completely' }

export function createHeaderMaker(app: FastifyInstance, readReference: ReadReference) {
  const { issuer, accessTokenAlg } = app.settings

  /** `undefined` if a reference leads to nothing. */
  async function readStatic({ gate, resource }: GatedResource): Promise<Record<string, string> | undefined> {
    const headers: Record<string, string> = {}
    for (const header of gate.headers) {
      const { prefix, reference } = readUpstreamHeader(header)
      const value = (await readReference(reference))?.trim()
      if (value === undefined || value === '') {
        app.log.error({ resource: resource.identifier, header: header.name, from: header.value }, 'a header of the upstream has no value')
        return undefined
      }
      headers[header.name.toLowerCase()] = prefix + value
    }
    return headers
  }

  async function identityOf({ gate, upstream, resource }: GatedResource, caller: Caller, taken: object): Promise<Record<string, string>> {
    if (gate.identity === 'none') return {}
    if (gate.identity === 'headers') return identityHeaders(caller, resource)
    const claims = assertionClaims(caller, { issuer, audience: upstream as string, jti: newId(), resource }, app.now())
    const assertion = await app.jwt.signAssertion(claims, accessTokenAlg)
    return 'authorization' in taken ? { [ASSERTION_HEADER]: assertion } : { authorization: `Bearer ${assertion}` }
  }

  return async (request: FastifyRequest, gated: GatedResource, caller: Caller, sessionId: string | undefined): Promise<MadeHeaders> => {
    const own = await readStatic(gated)
    if (own === undefined) return { refusal: unset }
    const { protocol, host } = new URL(gated.resource.identifier)
    const more = {
      ...(await identityOf(gated, caller, own)),
      ...own,
      'x-forwarded-for': request.ip,
      'x-forwarded-proto': protocol.slice(0, -1),
      'x-forwarded-host': host,
      ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
    }
    // An event must pass as it comes, and its addresses must be readable here: neither is so once it is compressed.
    const reserved = new Set([
      ...Object.keys(own).map(foldHeaderName),
      'mcp-session-id',
      ...(request.method === 'GET' ? ['accept-encoding'] : []),
    ])
    return { headers: forwardedHeaders(request.headers, reserved, more) }
  }
}
