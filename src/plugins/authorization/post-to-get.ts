/** Cross-site POSTs carry no SameSite=Lax cookies, so they are redirected to GET. Owns how long a request may be to fit into a URL. */
import type { FastifyReply } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'

/** Longest request, all parameters together: it has to fit into a URL. */
const MAX_LENGTH = 8192

/** The error of a request that is too long; `text` is the request as part of a URL. */
export function tooLong(text: string, max = MAX_LENGTH): OAuthError | undefined {
  return text.length > max ? new OAuthError('invalid_request', `the request is longer than ${max} characters`) : undefined
}

/**
 * Sends a posted form to `path` again, as a query.
 *
 * @throws {OAuthError} if it is too long for that
 */
export function redirectPostToGet(reply: FastifyReply, path: string, body: unknown): FastifyReply {
  const query = queryOf((body ?? {}) as Form)
  const problem = tooLong(query)
  if (problem !== undefined) throw problem
  return reply.header('cache-control', 'no-store').redirect(`${path}?${query}`, 303)
}

type Form = Readonly<Record<string, string | string[]>>

/** A form as the query of a URL. */
export function queryOf(form: Form): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) for (const each of [value].flat()) query.append(name, each)
  return query.toString()
}
