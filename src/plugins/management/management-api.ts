/**
 * /admin/api/v1: what the command line does, over the network. Owns addresses, entity tags and the form of answers; not who may (caller.ts),
 * nor what an operation does (src/operations).
 */
import swagger from '@fastify/swagger'
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import { MANAGEMENT_PATH, MANAGEMENT_SCOPES, managementAddress, managementResource } from '../../domain/management/management.ts'
import { protectedResourceMetadata } from '../../domain/protocol/protected-resource.ts'
import type { OperationContext } from '../../operations/context.ts'
import { roleNeeded, scopeNeeded } from '../../operations/operations.ts'
import { HANDLERS as ALL_HANDLERS } from '../../operations/handlers/ask.ts'
import type { Outcome } from '../../operations/outcome.ts'
import { RecordChanged } from '../../storage/storage.ts'
import { Problem } from '../../schemas/management/route.ts'
import type { Input, ManagementRoute } from '../../schemas/management/route.ts'
import { API_BASE, MANAGEMENT_ROUTES } from '../../schemas/management/routes.ts'
import type { RouteName } from '../../schemas/management/routes.ts'
import { toOAuthError } from '../kernel/errors.ts'
import { createPlaceCheck } from '../kernel/http/management-place.ts'
import type { MakeOperatorContext } from '../console/operator-context.ts'
import { createJsonParser } from '../kernel/http/json-body.ts'
import { createCallerFinder } from './caller.ts'
import type { CallerNeeds } from './caller.ts'
import { entityTag, matches } from './etag.ts'
import { sendProblem, sendProblemOf, sendValidationProblem } from './problem.ts'
import { checkPublicIssuer } from './public-issuer.ts'

interface Needs extends CallerNeeds {
  readonly contextOf: MakeOperatorContext
  readonly version: string | undefined
}

type AnyHandler = (context: OperationContext, input: Input<ManagementRoute>) => Promise<Outcome<unknown>>
const HANDLERS = ALL_HANDLERS as unknown as Readonly<Record<RouteName, AnyHandler>>

/** What the routes show that show one record, and the member by which it is kept. */
const RECORDS: Partial<Record<RouteName, { readonly kind: 'user' | 'client' | 'resource' | 'provider' | 'group'; readonly key: string }>> =
  {
    'user.show': { kind: 'user', key: 'sub' },
    'client.show': { kind: 'client', key: 'client_id' },
    'resource.find': { kind: 'resource', key: 'id' },
    'provider.find': { kind: 'provider', key: 'name' },
    'group.show': { kind: 'group', key: 'name' },
  }

/** Which route shows the record that an address names. */
const SHOWING = new Map(
  (Object.entries(MANAGEMENT_ROUTES) as [RouteName, ManagementRoute][])
    .filter(([, { method, path }]) => method === 'GET' && /:\w+$/.test(path))
    .map(([name, { path }]) => [path, name]),
)

/** Refused before anybody knows what it is for. */
const NEVER_PARSED = { 431: { description: 'The address or the headers are too long.', content: { 'application/json': { schema: {} } } } }

const CHANGED = 'The record is not as If-Match says: it has changed, or is gone.'

/** A context in which a change counts only if the record that the path names is, and stays, as If-Match says; undefined if it isn't. */
async function basedOn(
  wanted: string,
  path: string,
  context: OperationContext,
  input: Input<ManagementRoute>,
): Promise<OperationContext | undefined> {
  const showing = SHOWING.get(path.replace(/^(\/[^/]+\/:\w+).*/, '$1'))
  const record = showing && RECORDS[showing]
  if (record === undefined) return undefined
  const show = async () => {
    const shown = await HANDLERS[showing!](context, input)
    return shown.ok ? (shown.value as Readonly<Record<string, string>>) : undefined
  }
  const key = (await show())?.[record.key]
  if (key === undefined) return undefined
  const storage = await context.storage.whileUnchanged(record.kind, key)
  const shown = await show()
  return shown !== undefined && matches(wanted, entityTag(shown)) ? { ...context, storage } : undefined
}

const managementApi: FastifyPluginAsync<Needs> = async (app, { contextOf, version = '', ...needs }) => {
  const { issuer, base } = app.settings
  const metadataPath = `/.well-known/oauth-protected-resource${base}${MANAGEMENT_PATH}`
  const findCaller = createCallerFinder(app, needs, new URL(issuer).origin + metadataPath)
  const mayComeFromHere = createPlaceCheck(app)

  app.addContentTypeParser('application/json', { parseAs: 'string' }, createJsonParser(app))
  app.addHook('onRequest', async (request, reply) => {
    if (!mayComeFromHere(request)) return reply.callNotFound()
    reply.header('x-content-type-options', 'nosniff')
  })
  app.setErrorHandler<FastifyError>(async (thrown, request, reply) => {
    if (thrown.validation !== undefined) return sendValidationProblem(reply, thrown.message, thrown.validation[0]!)
    if (thrown instanceof RecordChanged) return sendProblem(reply, 412, CHANGED)
    const { status, description, code } = toOAuthError(thrown, request)
    request.refusedWith = code
    if (status >= 500) request.log.error({ err: thrown }, description)
    return sendProblem(reply, status, `${description[0]!.toUpperCase()}${description.slice(1)}.`)
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Solar System OAuth Server: management API', version },
      servers: [{ url: new URL(issuer).origin }], // paths begin at the root
      components: {
        securitySchemes: {
          oauth: {
            type: 'oauth2',
            flows: {
              authorizationCode: {
                authorizationUrl: `${issuer}/authorize`,
                tokenUrl: `${issuer}/token`,
                scopes: Object.fromEntries(managementResource(issuer).scopes.map(({ name, description }) => [name, description])),
              },
            },
          },
        },
      },
    },
    stripBasePath: false,
  })

  app.get(metadataPath, { config: { audience: 'api' }, schema: { hide: true } as FastifySchema }, async () =>
    protectedResourceMetadata({
      ...managementResource(issuer),
      resource: managementAddress(issuer),
      authorizationServers: [issuer],
      scopes: MANAGEMENT_SCOPES,
    }),
  )

  for (const [name, route] of Object.entries(MANAGEMENT_ROUTES) as [RouteName, ManagementRoute][]) addRoute(name, route)

  function addRoute(name: RouteName, route: ManagementRoute): void {
    const { method, path, query, body, answer, creates, summary } = route
    const parameters = [...path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter!)
    const success = answer === undefined ? { 204: { type: 'null', description: 'Done.' } } : { [creates === true ? 201 : 200]: answer }
    app.route({
      method,
      url: base + API_BASE + path,
      config: { audience: 'api', ...(app.limits.token !== false && { rateLimit: app.limits.token }) },
      schema: {
        operationId: name,
        summary,
        description: `Takes the role ${roleNeeded(name)} and the scope ${scopeNeeded(name)}.`,
        security: [{ oauth: [scopeNeeded(name)!] }],
        ...(query !== undefined && { querystring: query }),
        ...(body !== undefined && { body }),
        ...(parameters.length > 0 && {
          params: {
            type: 'object',
            properties: Object.fromEntries(parameters.map((each) => [each, { type: 'string', minLength: 1, maxLength: 2000 }])),
          },
        }),
        response: {
          ...success,
          '4xx': { description: 'A problem.', content: { 'application/problem+json': { schema: Problem } } },
          ...NEVER_PARSED,
        },
      },
      serializerCompiler: () => JSON.stringify,
      handler: (request, reply) => answerWith(name, route, request, reply),
    })
  }

  async function answerWith(
    name: RouteName,
    { method, path, answer, creates }: ManagementRoute,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const caller = await findCaller(request, reply, name)
    const own = contextOf(request, caller.name, caller.role)
    const input = { params: request.params, query: request.query, body: request.body ?? {} } as Input<ManagementRoute>
    const wanted = method === 'GET' ? undefined : request.headers['if-match']
    const basis = wanted === undefined ? own : await basedOn(wanted, path, own, input)
    if (basis === undefined) return sendProblem(reply, 412, CHANGED)
    const allowed = await checkPublicIssuer((input.body as { issuer?: string }).issuer)
    const outcome = allowed.ok ? await HANDLERS[name](basis, input) : allowed
    if (!outcome.ok) return sendProblemOf(reply, outcome.error)
    reply.header('cache-control', 'no-store')
    if (answer === undefined) return reply.code(204).send()
    if (SHOWING.get(path) === name) reply.header('etag', entityTag(outcome.value))
    return reply
      .code(creates === true ? 201 : 200)
      .type('application/json; charset=utf-8')
      .send(outcome.value)
  }

  app.get(`${base}${API_BASE}/openapi.json`, { config: { audience: 'api' }, schema: { hide: true } as FastifySchema }, async () =>
    app.swagger(),
  )
}
export default fp(managementApi, {
  name: 'management-api',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'rate-limits'],
})
