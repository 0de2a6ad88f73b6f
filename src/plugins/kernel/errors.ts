/**
 * Renders every error: as OAuth JSON for programs (RFC 6749 section 5.2), as a page for people. No body of the framework leaves the
 * server. Owns the one mapping from what is thrown to `OAuthError`; not whom a route answers (route-audience.ts).
 */
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { adviceOf, causeOf } from '../../domain/language/error-causes.ts'
import type { ErrorCause } from '../../domain/language/error-causes.ts'
import { OAuthError, errorBody } from '../../domain/protocol/errors.ts'
import { isHttpsUri } from '../../domain/protocol/uri.ts'
import { createOutageLog } from '../../logging/outage-log.ts'
import { SECRET_MEMBERS, describeError } from '../../logging/redaction.ts'
import { PATHS } from '../../schemas/paths.ts'
import { StorageUnavailable } from '../../storage/storage.ts'
import { OPEN_HEADERS } from './cors.ts'
import { discardBody } from './http/leftover-body.ts'
import { prefersJson } from './route-audience.ts'
import type { Audience } from './route-audience.ts'
import type { RouteTable } from './route-table.ts'

/** Seconds that a client should wait when the server can't answer now. */
const RETRY_AFTER = 5

const LISTED = new Intl.ListFormat('en')

declare module 'fastify' {
  interface FastifyRequest {
    /** The error that it was refused with. */
    refusedWith: OAuthError['code'] | undefined
  }
}

const errors: FastifyPluginAsync<{ routes: RouteTable }> = async (app, { routes }) => {
  const logOutage = createOutageLog(app.log)
  app.decorateRequest('refusedWith', undefined)

  app.setErrorHandler<FastifyError>(async (thrown, request, reply) => {
    const error = toOAuthError(thrown, request)
    request.refusedWith = error.code
    if (error.status === 503) logOutage(request.log, () => aboutDefect(thrown, error, request), error.description)
    else if (error.status >= 500) request.log.error(aboutDefect(thrown, error, request), error.description)
    else request.log.info({ error: error.code, detail: error.detail }, error.description)
    if (error.status === 413) await discardBody(request.raw)
    return renderError(app, request, reply, error, routes.audienceOf(request)).catch((broken: unknown) => {
      // Else the framework would answer, in words of its own.
      request.log.error({ err: describeError(broken) }, 'the error page is broken')
      return sendJson(app, reply, error)
    })
  })

  app.setNotFoundHandler(async (request, reply) => {
    const allowed = routes.methodsOf(request.url)
    const audience = routes.audienceOf(request)
    const answering = allowed.filter((method) => method !== 'OPTIONS')
    // A route that answers the method, but found nothing, comes here as well.
    if (answering.length === 0 || answering.includes(request.method)) {
      const missing = new OAuthError('invalid_request', 'there is nothing at this address', { status: 404 })
      return renderError(app, request, reply, missing, audience)
    }
    const methods = LISTED.format(answering.filter((method) => method !== 'HEAD'))
    const refused = new OAuthError('invalid_request', `this address answers ${methods} only`, { status: 405 })
    return renderError(app, request, reply.header('allow', allowed.join(', ')), refused, audience)
  })
}

/** The one mapping: ours as it is, the framework's by its status, anything else is a defect that says nothing (T17). */
export function toOAuthError(thrown: FastifyError, request: FastifyRequest): OAuthError {
  if (thrown instanceof OAuthError) return thrown
  if (thrown instanceof StorageUnavailable) {
    return new OAuthError('temporarily_unavailable', 'the server cannot answer now: try again in a few seconds')
  }
  const status = thrown.statusCode ?? 500
  if (status === 429) return tooManyRequests()
  if (status < 400 || status >= 500) return new OAuthError('server_error', 'something went wrong on this server')
  const { badRequest } = request.routeOptions.config
  if (badRequest !== undefined && status === 415)
    return new OAuthError(badRequest.code, `${badRequest.description}: send Content-Type: application/json`)
  if (badRequest !== undefined && status !== 413) return new OAuthError(badRequest.code, badRequest.description)
  const code = badRequest?.code ?? 'invalid_request'
  if (status === 413) return new OAuthError(code, 'the request body is larger than 64 KB', { status })
  if (status === 415) return new OAuthError(code, 'the request body must be application/x-www-form-urlencoded', { status })
  return new OAuthError(code, 'the request is malformed', { status })
}

export const tooManyRequests = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'too many requests from this address: try again later', { status: 429 })

async function renderError(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  error: OAuthError,
  audience: Audience | undefined,
): Promise<unknown> {
  reply.code(error.status).header('cache-control', 'no-store')
  if (audience === 'api') reply.headers(OPEN_HEADERS) // what was found nowhere has no route to say so
  if ((error.status === 503 || error.status === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER)
  if (!prefersJson(request, audience)) {
    const cause = causeOf(error)
    const { tryAgain } = error.page ?? {}
    return reply.page('error', {
      status: error.status,
      // Programs get a code of OAuth; it would say nothing to people.
      code: error.status === 404 ? 'not_found' : error.code,
      description: error.description,
      reference: request.id,
      cause,
      advice: adviceOf(cause),
      ...factorsLink(app, cause),
      ...(cause === 'missing' && { home: `${app.settings.base}/` }),
      ...(tryAgain !== undefined && isHttpsUri(tryAgain) && { tryAgain: { uri: tryAgain, host: new URL(tryAgain).host } }),
    })
  }
  return sendJson(app, reply, error)
}

/** For somebody whose account can't log in as strongly as a rule asks. */
export const factorsLink = (app: FastifyInstance, cause: ErrorCause): { factors?: string } =>
  cause === 'weak' && (app.settings.secondFactor !== 'off' || app.settings.rpId !== undefined)
    ? { factors: app.settings.base + PATHS.factors }
    : {}

async function sendJson(app: FastifyInstance, reply: FastifyReply, error: OAuthError): Promise<unknown> {
  if (error.status === 401 && !reply.hasHeader('www-authenticate')) {
    reply.header('www-authenticate', `Basic realm="${app.settings.issuer}", error="${error.code}"`)
  }
  reply.type('application/json; charset=utf-8').serializer((body: unknown) => JSON.stringify(body))
  return reply.send(errorBody(error))
}

const aboutDefect = (thrown: Error, { detail }: OAuthError, request: FastifyRequest) => ({
  err: describeError(thrown, secretsOf(request)),
  detail,
})

/** The credentials, cookies and secret parameters of a request: an error that quotes one must not bring it into the log (T17). */
function secretsOf({ body, query, cookies, headers }: FastifyRequest): string[] {
  const members = [body, query].flatMap((source) => Object.entries(source ?? {}) as [string, unknown][])
  const values = members.filter(([name]) => SECRET_MEMBERS.has(name)).map(([, value]) => value)
  return [...values, ...Object.values(cookies ?? {}), headers.authorization].flat().filter((value) => typeof value === 'string')
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a body that can't be read is called on this route. */
    badRequest?: { code: OAuthError['code']; description: string }
  }
}

export default fp(errors, { name: 'errors', dependencies: ['settings', 'pages', '@fastify/accepts'] })
