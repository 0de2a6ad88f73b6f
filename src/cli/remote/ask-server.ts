/** Asks a server for operations, by its management API: the same in and out as of the storage at hand (managed.ts). */
import { isJsonObject } from '../../domain/protocol/json.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { requestOf } from '../../operations/handlers/ask.ts'
import type { Answer, Ask } from '../../operations/handlers/ask.ts'
import type { Outcome, Problem, ProblemKind } from '../../operations/outcome.ts'
import { CommandRefused } from '../command.ts'
import type { Call, RemoteServer } from '../command.ts'
import { createLogin, reasonOf } from './login.ts'

const TIMEOUT_MS = 30_000

const KINDS: Readonly<Record<number, ProblemKind>> = {
  400: 'invalid',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
}

export function askServer(call: Call, server: RemoteServer): Ask {
  const login = createLogin(call, server)
  const { issuer } = server

  const send = async (token: string, { method, path, body }: ReturnType<typeof requestOf>): Promise<Response> => {
    try {
      return await fetch(issuer + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch (error) {
      throw new CommandRefused(`${issuer} can't be reached: ${reasonOf(error)}.`)
    }
  }

  return async (name, asked) => {
    const request = requestOf(name, asked)
    const first = await send(await login.token(), request)
    const answer = first.status === 401 ? await send(await login.renew(), request) : first
    return (await outcomeOf(issuer, answer)) as Outcome<Answer<typeof name>>
  }
}

async function outcomeOf(issuer: string, answer: Response): Promise<Outcome<unknown>> {
  if (answer.status === 204) return ok(undefined)
  const body: unknown = await answer.json().catch(() => undefined)
  if (answer.ok && body !== undefined) return ok(body)
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true
  if (!isProblem || !isJsonObject(body) || typeof body['detail'] !== 'string')
    throw new CommandRefused(
      answer.status === 404
        ? `${issuer} can't be managed from here: ADMIN=on, and perhaps ADMIN_ADDRESSES, let it.`
        : `${issuer} does not answer as a management API (status ${answer.status}).`,
    )
  const kind = KINDS[answer.status]
  if (kind !== undefined) return err(problemOf(kind, body['detail'], body['argument']))
  const seconds = answer.headers.get('retry-after')
  throw new CommandRefused(`${body['detail']}${seconds === null ? '' : ` Try again in ${seconds} seconds.`}`)
}

/** The detail about an argument begins with its name, as in `limit must be a whole number, but is "0".` */
function problemOf(kind: ProblemKind, detail: string, argument: unknown): Problem {
  if (typeof argument !== 'string') return { kind, message: detail }
  const name = argument.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const [, rest] = detail.startsWith(`${name} `) || detail.startsWith(`${argument} `) ? (/^\S+ (.*)\.$/s.exec(detail) ?? []) : []
  if (rest === undefined) return { kind, message: detail }
  const [, problem = rest, value] = /^(.*), but is "(.*)"$/s.exec(rest) ?? []
  return { kind, message: detail, argument: { name, problem, ...(value !== undefined && { value }) } }
}
