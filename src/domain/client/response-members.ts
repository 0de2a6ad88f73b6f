/** Client metadata on how the server signs its responses: those of /authorize (JARM section 3) and of /introspect (RFC 9701 section 6). */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import type { SigningAlg } from '../key/stored-key.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** How the server may sign for a client; the first one is the default. */
export const RESPONSE_ALGS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const satisfies readonly SigningAlg[]
export type ResponseAlg = (typeof RESPONSE_ALGS)[number]

export interface ResponseMembers {
  readonly authorizationSignedResponseAlg?: ResponseAlg | undefined
  readonly introspectionSignedResponseAlg?: ResponseAlg | undefined
}

/** The client would wait for what never comes. */
const ENCRYPTION = [
  'authorization_encrypted_response_alg',
  'authorization_encrypted_response_enc',
  'introspection_encrypted_response_alg',
  'introspection_encrypted_response_enc',
] as const

/** The error is a sentence that names the member. Another algorithm than the registered one would only be refused by the client. */
export function parseResponseMembers(body: RegistrationRequest): Result<ResponseMembers, string> {
  const encrypted = ENCRYPTION.find((name) => body[name])
  if (encrypted !== undefined) return err(`${encrypted} is not supported: responses are signed, and never encrypted`)
  const authorization = parseAlg(body, 'authorization_signed_response_alg')
  if (!authorization.ok) return authorization
  const introspection = parseAlg(body, 'introspection_signed_response_alg')
  if (!introspection.ok) return introspection
  return ok({ authorizationSignedResponseAlg: authorization.value, introspectionSignedResponseAlg: introspection.value })
}

function parseAlg(
  body: RegistrationRequest,
  member: 'authorization_signed_response_alg' | 'introspection_signed_response_alg',
): Result<ResponseAlg | undefined, string> {
  const raw = body[member] || undefined
  const alg = RESPONSE_ALGS.find((known) => known === raw)
  return raw !== undefined && alg === undefined ? err(`${member} must be one of ${RESPONSE_ALGS.join(', ')}`) : ok(alg)
}
