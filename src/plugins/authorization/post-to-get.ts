/** A cross-site post carries no Lax cookies: it comes back by GET, which does. */
import type { FastifyReply } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'

/** Longest request, all parameters together: it has to fit into a URL. */
const MAX_LENGTH = 8192

/** What is wrong with a request, as it would stand in a URL, that is too long. */
export function tooLong(text: string): OAuthError | undefined {
  return text.length > MAX_LENGTH ? new OAuthError('invalid_request', `the request is longer than ${MAX_LENGTH} characters`) : undefined
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

/** A form as it would stand in a URL. */
export function queryOf(form: Form): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) for (const each of [value].flat()) query.append(name, each)
  return query.toString()
}
