/** The app that tests use: the production options over a fresh storage, with a clock that the test moves. */
import type { FastifyInstance } from 'fastify'
import { bootstrapAdmin } from '#src/process/bootstrap-admin.ts'
import { keepConfiguredProviders } from '#src/process/configured-providers.ts'
import { followClientRule } from '#src/process/client-rule.ts'
import { registerProtected } from '#src/process/protected-resources.ts'
import { createCommandStarter } from '#src/process/commands/command-starter.ts'
import { createReferenceReader } from '#src/process/references.ts'
import { freePort } from '#src/process/free-port.ts'
import { buildApp } from '#src/app.ts'
import type { AppOptions } from '#src/app.ts'
import { loadConfig } from '#src/config/config.ts'
import type { Config } from '#src/config/config.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { hashCheaply } from './people/cheap-password.ts'
import { openPrepared } from './memory-storage.ts'
import type { Storage } from '#src/storage/storage.ts'
import './shared-compilers.ts'
import { insertPreparedKey } from './prepared-keys.ts'

export const SECRET = 'a secret of tests, longer than 32 characters'
export const ISSUER = 'http://localhost:8000'
export const ADMIN = { username: 'admin', password: 'admin123' }

export interface TestApp {
  readonly app: FastifyInstance
  readonly storage: Storage
  readonly config: Config
  /** What the server takes for now, in ms; starts at the real time. */
  readonly clock: { now: number }
}

type Teardown = { teardown(fn: () => unknown): unknown }

export function testConfig(env: Record<string, string> = {}): Config {
  const config = loadConfig({ DATABASE_URL: 'sqlite::memory:', SECRET, ...env })
  if (!config.ok) throw new Error(config.error.join('\n'))
  return config.value
}

/** How an app of tests differs from the one of production. */
export interface TestOptions {
  /** A clock that goes by itself, instead of one that the test moves. */
  readonly running?: boolean
  /** Where the clock starts, in ms; else at the real time. */
  readonly now?: number
  /** Where addresses that strangers hand in lead. */
  readonly safeFetch?: AppOptions['safeFetch']
  /** Where addresses of identity providers lead. */
  readonly providerFetch?: AppOptions['providerFetch']
  readonly program?: NonNullable<AppOptions['program']>
  /** What was set when the server started. */
  readonly given?: AppOptions['given']
  readonly meter?: AppOptions['meter']
  /** A pino destination, for tests that read the log. */
  readonly logger?: AppOptions['logger']
  /** What headers of upstreams refer to. */
  readonly readReference?: AppOptions['readReference']
  /** What starts commands, if not what does in production; `none` for an app that was given nothing. */
  readonly startCommand?: AppOptions['startCommand'] | 'none'
  readonly mayRunCommands?: AppOptions['mayRunCommands']
  /** Wraps the driver of a database in memory. */
  readonly wrapDriver?: Parameters<typeof openPrepared>[1]
}

/**
 * @param env variables as a person would set them; the rest are defaults, but that there is no console and no management API, which
 *   make half of a server's routes, unless `ADMIN` says so
 * @param logger a pino destination, for tests that read the log
 */
export async function createApp(
  t: Teardown,
  env: Record<string, string> = {},
  logger?: AppOptions['logger'],
  {
    running = false,
    now = Date.now(),
    safeFetch,
    providerFetch,
    readReference,
    startCommand,
    mayRunCommands,
    program,
    given,
    meter,
    wrapDriver,
  }: TestOptions = {},
): Promise<TestApp> {
  const config = testConfig({ ADMIN: 'off', ...env })
  const storage = await openPrepared(config.databaseUrl, wrapDriver)
  const clock = running ? runningClock() : { now }
  await bootstrapAdmin(storage, config, clock.now, hashCheaply)
  await keepConfiguredProviders(storage, config, config.secret!, clock.now)
  await registerProtected(storage, config, clock.now)
  await followClientRule(storage, config, clock.now)
  await insertPreparedKey(storage.keys, config.secret!, clock.now)
  const keyset = await loadKeyset(storage.keys, config.secret!, clock.now, {
    previousSecret: config.secretPrevious,
    rotationInterval: config.keyRotationInterval,
  })
  const app = await buildApp({
    config,
    storage,
    keyset,
    secret: config.secret!,
    now: () => clock.now,
    ...(logger !== undefined && { logger }),
    ...(safeFetch !== undefined && { safeFetch }),
    ...(providerFetch !== undefined && { providerFetch }),
    ...(program !== undefined && { program }),
    ...(given !== undefined && { given }),
    ...(meter !== undefined && { meter }),
    ...(readReference !== undefined && { readReference }),
    ...(startCommand !== 'none' && {
      startCommand:
        startCommand ??
        createCommandStarter(
          process.env,
          createReferenceReader(process.env, () => clock.now),
        ),
    }),
    ...(mayRunCommands !== undefined && { mayRunCommands }),
  })
  await app.ready()
  t.teardown(() => app.close())
  return { app, storage, config, clock }
}

/** Goes by itself; a test that sets it moves it on from there. */
function runningClock(): { now: number } {
  let ahead = 0
  return {
    get now() {
      return Date.now() + ahead
    },
    set now(value) {
      ahead = value - Date.now()
    },
  }
}

/** The same app on a real socket of the loopback interface; the issuer is where it listens. Real time. */
export async function listen(
  t: Teardown,
  env: Record<string, string> = {},
  options: TestOptions = {},
): Promise<TestApp & { issuer: string }> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const made = await createApp(t, { ISSUER: issuer, ...env }, options.logger, { running: true, ...options })
  await made.app.listen({ port, host: 'localhost' })
  return { ...made, issuer }
}

/** `fetch` without a socket: every request goes through `inject`. Redirects are never followed. */
export function injectFetch(app: FastifyInstance): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const body = Buffer.from(await request.arrayBuffer())
    const { pathname, search } = new URL(request.url)
    const response = await app.inject({
      method: request.method as 'GET',
      url: pathname + search,
      headers: Object.fromEntries(request.headers),
      ...(body.length > 0 && { payload: body }),
    })
    const headers = new Headers()
    for (const [name, value] of Object.entries(response.headers))
      for (const each of [value ?? []].flat()) headers.append(name, String(each))
    const empty = response.statusCode === 204 || response.statusCode === 304
    return new Response(empty ? null : response.rawPayload, { status: response.statusCode, headers })
  }
}
