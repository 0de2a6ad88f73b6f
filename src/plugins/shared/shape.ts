/** What a schema failure says to a client: which parameter, and why, in words. For routes with `attachValidation`. */
import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../../domain/errors.ts'
import type { OAuthErrorCode } from '../../domain/errors.ts'

/** The error of a request whose shape failed; `undefined` if it passed. */
export function shapeError(request: FastifyRequest, code: OAuthErrorCode = 'invalid_request'): OAuthError | undefined {
  const failure = request.validationError?.validation?.[0]
  if (failure === undefined) return undefined
  const [, name = '', index] = failure.instancePath.split('/')
  if (name === '') return new OAuthError(code, failure.keyword === 'required' ? `${String(failure.params['missingProperty'])} is required` : 'the request is malformed')
  const member = name.replaceAll('~1', '/').replaceAll('~0', '~')
  return new OAuthError(code, index === undefined ? `${member} ${reason(failure.keyword, code === 'invalid_request' && Array.isArray(valueOf(request, name)))}` : `${member} has an invalid entry`)
}

function valueOf(request: FastifyRequest, name: string): unknown {
  const source = (request.validationError?.validationContext === 'querystring' ? request.query : request.body) as Record<string, unknown>
  return source[name]
}

function reason(keyword: string, repeated: boolean): string {
  if (keyword === 'maxLength') return 'is too long'
  if (keyword === 'maxItems') return 'has too many entries'
  return repeated ? 'must not be repeated' : 'has the wrong type'
}
