import { channel } from 'node:diagnostics_channel'
import { Ajv } from 'ajv'
import type { AnySchema } from 'ajv'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import metadata from '#src/plugins/discovery/metadata.ts'
import login from '#src/plugins/login/login.ts'
import token from '#src/plugins/token/token.ts'
import { createApp } from '#test/support/app.ts'

/** Of @fastify/cookie, @fastify/rate-limit and @fastify/view. */
const OF_OTHERS = ['createRateLimit', 'rateLimit', 'parseCookie', 'serializeCookie', 'view']

t.test('plugins share few things by name, and get everything else handed over', async (t) => {
  const { app } = await createApp(t, { ADMIN: 'on' })
  const bare = Fastify()
  t.strictSame(
    Object.keys(app)
      .filter((name) => !(name in bare) && !OF_OTHERS.includes(name))
      .sort(),
    [
      'audit',
      'checkIdentities',
      'enabledProviders',
      'jwt',
      'keyset',
      'limits',
      'macKeys',
      'meter',
      'now',
      'resourceRegistry',
      'sendBackchannelLogouts',
      'sessions',
      'settings',
      'storage',
      'traced',
    ],
  )
})

t.test('every schema of a route is one, since no start checks that', async (t) => {
  const schemas: unknown[] = []
  const collect = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ schema: { body, querystring, params, headers } = {} }) => {
      schemas.push(...[body, querystring, params, headers].filter((part) => part !== undefined))
    })
  channel('fastify.initialization').subscribe(collect)
  t.teardown(() => channel('fastify.initialization').unsubscribe(collect))
  await createApp(t, { ADMIN: 'on' })
  const ajv = new Ajv({ strict: false })
  t.equal(ajv.validateSchema({ type: 'sting' }), false)
  t.ok(schemas.length > 150, String(schemas.length))
  for (const schema of schemas) {
    const shown = JSON.stringify(schema).slice(0, 200)
    t.ok(ajv.validateSchema(schema as AnySchema), shown)
    t.doesNotThrow(() => new Ajv({ strict: false }).compile(schema as AnySchema), shown)
  }
})

/** For the type checker only. */
export async function wireBadly(app: FastifyInstance): Promise<void> {
  // @ts-expect-error -- it needs to know who asks, and by which key
  await app.register(token)
  // @ts-expect-error -- and by which key
  await app.register(token, { authenticateClient: () => Promise.reject(new Error('nobody')) })
  // @ts-expect-error -- it needs a limit for guesses, and to find the client
  await app.register(login, {})
  // @ts-expect-error -- it needs the endpoints
  await app.register(metadata, { route: undefined })
}
