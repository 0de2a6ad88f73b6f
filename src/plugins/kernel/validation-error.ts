/**
 * What a schema failure says to a client: which parameter, and why. For routes with `attachValidation`. Owns the words; not the schemas
 * (src/schemas).
 */
import type { FastifyRequest, ValidationResult } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { OAuthErrorCode } from '../../domain/protocol/errors.ts'

/** The error of a request that its schema refused; `undefined` if it passed. */
export function validationError(request: FastifyRequest, code: OAuthErrorCode = 'invalid_request'): OAuthError | undefined {
  const failures: ValidationResult[] = request.validationError?.validation ?? []
  // Where a member may have two types, the failure of the other type says less.
  const failure = failures.find(({ keyword }) => keyword !== 'type' && keyword !== 'anyOf') ?? failures[0]
  if (failure === undefined) return undefined
  const [, name = '', index] = failure.instancePath.split('/')
  if (name === '')
    return new OAuthError(
      code,
      failure.keyword === 'required' ? `${String(failure.params['missingProperty'])} is required` : 'the request is malformed',
    )
  const member = name.replaceAll('~1', '/').replaceAll('~0', '~')
  const repeated = index === undefined && code === 'invalid_request' && Array.isArray(valueOf(request, name))
  return new OAuthError(code, `${member} ${index === undefined ? '' : 'has an entry that '}${reason(failure.keyword, repeated)}`)
}

/** @throws {OAuthError} if the schema refused the request */
export function requireShape(request: FastifyRequest): void {
  const malformed = validationError(request)
  if (malformed !== undefined) throw malformed
}

/**
 * A form without its empty parameters. RFC 6749 section 3.2: "Parameters sent without a value MUST be treated as if they
 * were omitted from the request."
 */
export function withoutEmpty<T extends object>(form: T): T {
  if (!Object.values(form).some((value) => value === '' || Array.isArray(value))) return form // most forms
  const given = Object.entries(form).map(
    ([name, value]) => [name, Array.isArray(value) ? value.filter((each) => each !== '') : value] as const,
  )
  return Object.fromEntries(given.filter(([, value]) => value !== '')) as T
}

function valueOf(request: FastifyRequest, name: string): unknown {
  const source = (request.validationError?.validationContext === 'querystring' ? request.query : request.body) as Record<string, unknown>
  return source[name]
}

function reason(keyword: string, repeated: boolean): string {
  if (keyword === 'maxLength') return 'is too long'
  if (keyword === 'maxItems') return 'has too many entries'
  if (keyword === 'pattern') return 'holds a character that is not allowed'
  return repeated ? 'must not be repeated' : 'has the wrong type'
}
