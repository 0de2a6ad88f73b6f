/** What a JWT says, before anything of it is believed: `undefined` where it says nothing that could be read. */
import { parseJsonObject } from './json.ts'
import type { JsonObject } from './json.ts'

export const unverifiedHeader = (jwt: string): JsonObject | undefined => parseJwtPart(jwt.split('.')[0])

export const unverifiedClaims = (jwt: string): JsonObject | undefined => parseJwtPart(jwt.split('.')[1])

/** The object that is encoded in one part of a JWT. */
export const parseJwtPart = (part = ''): JsonObject | undefined => parseJsonObject(Buffer.from(part, 'base64url').toString())
