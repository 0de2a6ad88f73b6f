/** The HTTP server that all plugins are registered on: its limits, its time limits, and what answers requests that no route can have. */
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Config } from '../../../config/config.ts'
import { newId } from '../../../crypto/random.ts'
import { createLazyLogger } from '../../../logging/lazy-logger.ts'
import { traceIdOf } from '../../../tracing/tracing.ts'
import { answerBrokenAddress, answerBrokenRequest } from '../client-error.ts'
import { compileWhenAsked } from './lazy-validation.ts'
import { trustedProxies } from './trusted-proxies.ts'

/** Values count as they came. Schemas of ours need no check at each start (app.test.ts does that), and V8 optimizes what they become. */
const AJV = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: false,
  validateSchema: false,
  code: { optimize: false },
} as const
/** Largest request body, in bytes. */
export const BODY_LIMIT = 64 * 1024
/** Longest part of a path that names a record, in characters: the id of a client may be the address of its document. */
const MAX_PARAMETER = 2048
/** How long a client may take to send a request, and its headers; how often that is checked (threat-model.md T18). */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 15_000
const CHECK_TIMEOUTS_MS = 5_000

/** A server without plugins. It takes no body of any type yet. */
export function createServer(config: Pick<Config, 'trustProxy'>, logger: FastifyServerOptions['logger']): FastifyInstance {
  const app = Fastify({
    logger: logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: createLazyLogger(traceIdOf),
    genReqId: newId,
    trustProxy: trustedProxies(config.trustProxy),
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    requestTimeout: REQUEST_TIMEOUT_MS,
    // message-rules.ts asks for the Host header, with a body of ours.
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_TIMEOUTS_MS, requireHostHeader: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // load-shedding.ts does, with a body of ours
    ajv: { customOptions: AJV },
    schemaController: { compilersFactory: { buildValidator: compileWhenAsked() } },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerBrokenAddress,
  })
  app.removeAllContentTypeParsers()
  return app
}
