/**
 * Access tokens in requests, and the challenges for them (RFC 6750, RFC 9449 section 7.1). Owns the headers; not whether a token is
 * live (access-tokens.ts).
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DPOP_ALGS } from '../../domain/dpop/dpop-proof.ts'
import type { TokenScheme } from '../../domain/dpop/dpop-token.ts'
import { OAuthError, wireText } from '../../domain/protocol/errors.ts'

/** An access token, and how it came. */
export interface PresentedToken {
  readonly token: string
  readonly scheme: TokenScheme
}

/** RFC 6750 section 2.1, RFC 9449 section 7.1: the token of the `Authorization` header, if there is one. */
export function headerToken({ headers }: FastifyRequest): PresentedToken | undefined {
  const [, scheme, token] = /^(bearer|dpop) +(\S.*)$/i.exec(headers.authorization ?? '') ?? []
  return token === undefined ? undefined : { token: token.trimEnd(), scheme: scheme!.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer' }
}

/** The token of a header with the scheme Bearer: what isn't bound to a key. */
export function bearerToken(request: FastifyRequest): string | undefined {
  const presented = headerToken(request)
  return presented?.scheme === 'Bearer' ? presented.token : undefined
}

/** RFC 6750 section 3: adds the challenge of an error, which the caller throws. */
export function challenge(reply: FastifyReply, error: OAuthError, more = '', scheme: TokenScheme = 'Bearer'): OAuthError {
  const algs = scheme === 'DPoP' ? `, algs="${DPOP_ALGS.join(' ')}"` : ''
  reply.header(
    'www-authenticate',
    `${scheme} ${realmOf(reply)}, error="${error.code}", error_description="${wireText(error.description)}"${more}${algs}`,
  )
  return error
}

/** RFC 6750 section 3.1: without any credentials, the challenge names no error. */
export function askForToken(reply: FastifyReply, description: string): OAuthError {
  reply.header('www-authenticate', `Bearer ${realmOf(reply)}`)
  return new OAuthError('invalid_token', description)
}

const realmOf = ({ server }: FastifyReply): string => `realm="${server.settings.issuer}"`
