/** Judges values by a schema as the server does: Fastify's own compiler with the production options. */
import type { TSchema } from '@sinclair/typebox'
import Fastify from 'fastify'
import type { Test } from 'tap'

/**
 * @returns a function that says whether a body passes; it fails the test if the check changed the body
 */
export async function shapeOf(t: Test, schema: TSchema): Promise<(body: unknown) => Promise<boolean>> {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } } })
  app.post('/', { attachValidation: true, schema: { body: schema } }, async (request) => ({
    passed: request.validationError === undefined,
    body: request.body,
  }))
  t.teardown(() => app.close())
  return async (body) => {
    const response = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    })
    const answer = response.json<{ passed: boolean; body: unknown }>()
    t.strictSame(answer.body, body, 'neither coerced nor stripped')
    return answer.passed
  }
}
