/** The server as a list: its plugins in reading order. Reads no environment and does not listen. */
import accepts from '@fastify/accepts'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Config } from './config/config.ts'
import type { SafeFetchOptions } from './fetch/safe-fetch.ts'
import { newId } from './crypto/random.ts'
import type { Keyset } from './crypto/keyset.ts'
import assets from './plugins/pages/assets.ts'
import authorize from './plugins/authorization/authorize.ts'
import clientConfiguration from './plugins/registration/client-configuration.ts'
import consent from './plugins/authorization/consent.ts'
import device from './plugins/device/device.ts'
import deviceAuthorization from './plugins/device/device-authorization.ts'
import health from './plugins/discovery/health.ts'
import home from './plugins/discovery/home.ts'
import introspection from './plugins/token/introspection.ts'
import jwks from './plugins/discovery/jwks.ts'
import login from './plugins/login/login.ts'
import logout from './plugins/logout/logout.ts'
import metadata from './plugins/discovery/metadata.ts'
import pushedRequests from './plugins/authorization/pushed-requests.ts'
import registration from './plugins/registration/registration.ts'
import revocation from './plugins/token/revocation.ts'
import accessTokens from './plugins/authentication/access-tokens.ts'
import attempts from './plugins/login/login-throttle.ts'
import audit from './plugins/kernel/audit.ts'
import authorization from './plugins/authorization/authorization.ts'
import backChannel from './plugins/logout/backchannel-logout.ts'
import browser from './plugins/login/browser-binding.ts'
import clientAssertion from './plugins/authentication/client-assertion.ts'
import clientAuthentication from './plugins/authentication/client-authentication.ts'
import clientCap from './plugins/registration/client-quota.ts'
import clientRegistration from './plugins/registration/validate-registration.ts'
import clients from './plugins/authentication/find-client.ts'
import clock from './plugins/kernel/clock.ts'
import cors from './plugins/kernel/cors.ts'
import dpop from './plugins/authentication/dpop.ts'
import draining from './plugins/kernel/graceful-close.ts'
import errors from './plugins/kernel/errors.ts'
import keys from './plugins/kernel/keys.ts'
import { lazyLogger } from './logging/lazy-logger.ts'
import limits from './plugins/kernel/rate-limits.ts'
import load from './plugins/kernel/load-shedding.ts'
import pages from './plugins/pages/pages.ts'
import requestObjects from './plugins/authorization/request-objects.ts'
import requestLog from './plugins/kernel/request-log.ts'
import { answerBrokenAddress, answerBrokenRequest } from './plugins/kernel/client-error.ts'
import resources from './plugins/kernel/resources.ts'
import { createRouteTable } from './plugins/kernel/route-table.ts'
import session from './plugins/login/session.ts'
import settings from './plugins/kernel/settings.ts'
import signatures from './plugins/authentication/signatures.ts'
import storagePlugin from './plugins/kernel/storage.ts'
import token from './plugins/token/token.ts'
import userinfo from './plugins/token/userinfo.ts'
import type { Storage } from './storage/storage.ts'

export interface AppOptions {
  readonly config: Config
  readonly storage: Storage
  readonly keyset: Keyset
  /** Signs transactions; at least 32 characters. */
  readonly secret: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  readonly logger?: FastifyServerOptions['logger']
  /** For tests: where addresses that strangers hand in lead. No setting reaches it. */
  readonly safeFetch?: SafeFetchOptions
}

/** Largest request body, in bytes. */
const BODY_LIMIT = 64 * 1024
/** How long a client may take to send a request, and its headers; how often that is looked at (threat-model.md T18). */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 15_000
const CHECK_TIMEOUTS_MS = 5_000

/** Trusts that many proxies in front of the server, whoever they are. */
const hops = (count: number) => (_address: string, hop: number) => hop < count

export async function buildApp({
  config,
  storage,
  keyset,
  secret,
  now = Date.now,
  logger = false,
  safeFetch,
}: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: lazyLogger,
    genReqId: newId,
    trustProxy: typeof config.trustProxy === 'number' ? hops(config.trustProxy) : config.trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_TIMEOUTS_MS },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // load.ts does, with a body of ours
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerBrokenAddress,
  })
  app.removeAllContentTypeParsers()

  // What every plugin shares.
  await app.register(settings, { config })
  await app.register(clock, { now })
  await app.register(storagePlugin, { storage })
  await app.register(resources)
  await app.register(draining)
  await app.register(keys, { keyset, secret })
  await app.register(accepts)
  await app.register(pages)
  const routes = createRouteTable(app)
  await app.register(errors, { routes })
  await app.register(requestLog)
  await app.register(audit)
  // Before what turns requests away, so that a script can read their answers, too.
  await app.register(cors)
  await app.register(load)
  await app.register(limits)
  await app.register(formbody, { bodyLimit: BODY_LIMIT })
  await app.register(cookie)
  await app.register(browser)
  await app.register(session)
  await app.register(clientCap)
  await app.register(clients, { safeFetch })
  await app.register(signatures)
  await app.register(clientAssertion)
  await app.register(clientAuthentication)
  await app.register(dpop)
  await app.register(accessTokens)
  await app.register(clientRegistration)
  await app.register(requestObjects)
  await app.register(authorization)
  await app.register(attempts)
  await app.register(backChannel)

  // Found at the root of the host, wherever the issuer's path leads.
  await app.register(metadata, { routes })

  await app.register(
    async (server) => {
      // A client: discovers (above), registers, sends the person, gets tokens, uses them.
      await server.register(jwks)
      await server.register(registration)
      await server.register(clientConfiguration)
      await server.register(pushedRequests)
      await server.register(authorize)
      await server.register(login)
      await server.register(consent)
      await server.register(token)
      await server.register(deviceAuthorization)
      await server.register(device)
      await server.register(userinfo)
      await server.register(introspection)
      await server.register(revocation)
      await server.register(logout)
      await server.register(health)
    },
    { prefix: app.settings.base },
  )

  // For people; these two put the issuer's path in front themselves.
  await app.register(home, { routes })
  await app.register(assets)
  return app
}
