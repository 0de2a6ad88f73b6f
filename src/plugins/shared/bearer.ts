/** Bearer tokens in requests, and the challenges for them (RFC 6750). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError, wireText } from '../../domain/errors.ts'

/** RFC 6750 section 2.1: the token of the `Authorization` header, if there is one. */
export const bearerToken = ({ headers }: FastifyRequest): string | undefined => /^bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1]?.trimEnd()

/** RFC 6750 section 3: adds the challenge of an error, which the caller throws. */
export function challenge(reply: FastifyReply, error: OAuthError, more = ''): OAuthError {
  reply.header('www-authenticate', `${realmOf(reply)}, error="${error.code}", error_description="${wireText(error.description)}"${more}`)
  return error
}

/** RFC 6750 section 3.1: without any credentials, the challenge names no error. */
export function askForToken(reply: FastifyReply, description: string): OAuthError {
  reply.header('www-authenticate', realmOf(reply))
  return new OAuthError('invalid_token', description)
}

const realmOf = ({ server }: FastifyReply): string => `Bearer realm="${server.settings.issuer}"`
