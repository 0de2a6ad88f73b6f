/** What the management API can't do, as a problem (RFC 9457). */
import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifySchemaValidationError } from 'fastify'
import type { Problem, ProblemKind } from '../../operations/outcome.ts'

const STATUS: Readonly<Record<ProblemKind, number>> = { 'not-found': 404, conflict: 409, invalid: 400, forbidden: 403 }

export function sendProblem(reply: FastifyReply, status: number, detail: string, argument?: string): FastifyReply {
  const problem = { type: 'about:blank', title: STATUS_CODES[status]!, status, detail, ...(argument !== undefined && { argument }) }
  return reply.code(status).header('cache-control', 'no-store').type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** The member at fault is named as the request spells it. */
export const sendProblemOf = (reply: FastifyReply, { kind, message, argument }: Problem): FastifyReply =>
  sendProblem(
    reply,
    STATUS[kind],
    message,
    argument?.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )

/** What the schema of a route refuses: the member, if it is one, begins the sentence, as in `name must be string`. */
export function sendValidationProblem(
  reply: FastifyReply,
  message: string,
  { instancePath, message: problem }: FastifySchemaValidationError,
): FastifyReply {
  const [, member] = /^\/(\w+)/.exec(instancePath) ?? []
  return member === undefined
    ? sendProblem(reply, 400, `The request is not as documented: ${message}.`)
    : sendProblem(reply, 400, `${member} ${problem}.`, member)
}
