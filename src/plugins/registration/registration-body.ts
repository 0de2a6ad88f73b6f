/**
 * The body of a registration or an update. Owns how it is read, and the error if its shape is wrong; not what it means
 * (validate-registration.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { createJsonParser } from '../kernel/http/json-body.ts'
import { validationError } from '../kernel/validation-error.ts'

/** The error for a body that can't be read. */
export const badRequest = { code: 'invalid_client_metadata', description: 'Invalid JSON in request body' } as const

/** JSON only: a form that happens to name the members is no registration. */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, createJsonParser(app))
}

/** @throws {OAuthError} one of the two of RFC 7591 section 3.2.2 */
export function checkBody(request: FastifyRequest): void {
  if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body)) {
    throw new OAuthError(badRequest.code, badRequest.description)
  }
  const malformed = validationError(request, badRequest.code)
  if (malformed === undefined) return
  const { description } = malformed
  if (!description.startsWith('redirect_uris')) throw malformed
  throw new OAuthError(
    'invalid_redirect_uri',
    description.endsWith('type') ? 'redirect_uris is required and must be a non-empty array of strings' : description,
  )
}
