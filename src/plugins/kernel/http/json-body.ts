/**
 * Reads JSON bodies of strangers: bounded in depth, Unicode, and without members that reach into prototypes (threat-model.md T18). Owns the
 * bounds; not which routes take JSON.
 */
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { holdsHalfCharacter } from '../../../domain/protocol/json.ts'

/** Deepest nesting: a JWKS within client metadata has 5 levels. */
const MAX_DEPTH = 16

const NOT_UNICODE = Object.assign(new SyntaxError('JSON holds a string that is not Unicode'), { statusCode: 400 })
const TOO_DEEP = Object.assign(new SyntaxError(`JSON is nested deeper than ${MAX_DEPTH} levels`), { statusCode: 400 })

/** A content type parser for `parseAs: 'string'`; every failure has the status 400. */
export function createJsonParser(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('remove', 'ignore')
  return (request, text, done) => {
    if (depthOf(text) > MAX_DEPTH) return done(TOO_DEEP)
    return holdsHalfCharacter(text) ? done(NOT_UNICODE) : parse(request, text, done)
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]) // [ {
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]) // ] }

/**
 * The deepest nesting of a JSON text, found without building it, in one pass: a string without end takes all that is left.
 * Of a text that isn't JSON: any number.
 */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const letter = text.charCodeAt(index)
    if (letter === QUOTE) quoted = !quoted
    else if (quoted) index += letter === BACKSLASH ? 1 : 0
    else if (OPENING.has(letter)) deepest = Math.max(deepest, ++depth)
    else if (CLOSING.has(letter)) depth--
  }
  return deepest
}
