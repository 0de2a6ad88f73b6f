/** Reads a JSON body that a stranger sent: bounded in depth, and without members that reach into prototypes (THREATS T18). */
import type { FastifyRequest } from 'fastify'

/** Deepest nesting: a JWKS within client metadata has 5 levels. */
const MAX_DEPTH = 16

const malformed = (message: string): Error => Object.assign(new SyntaxError(message), { statusCode: 400 })

/** A content type parser for `parseAs: 'string'`; every failure has the status 400. */
export function parseJsonBody(_request: FastifyRequest, body: string | Buffer, done: (error: Error | null, value?: unknown) => void): void {
  const text = String(body)
  if (depthOf(text) > MAX_DEPTH) return done(malformed(`JSON is nested deeper than ${MAX_DEPTH} levels`))
  try {
    done(null, JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? undefined : value)))
  } catch {
    done(malformed('not JSON'))
  }
}

/**
 * The deepest nesting of a JSON text, found without building it, in one pass: a string without end takes all that is left.
 * Of a text that isn't JSON: any number.
 */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return deepest
}
