/** POST /token (RFC 6749 sections 4.1.3, 5.1 and 6; RFC 7636; RFC 8628; RFC 8707), and client credentials in forms. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Parameter, Repeatable, Text } from './primitives.ts'

/** Credentials in the body (RFC 6749 section 2.3.1, RFC 7521 section 4.2). */
export const ClientCredentials = Type.Object({
  client_id: Type.Optional(Parameter(2048)),
  client_secret: Type.Optional(Text(512)),
  /** RFC 7523 section 2.2. */
  client_assertion_type: Type.Optional(Parameter(128)),
  client_assertion: Type.Optional(Text(8192)),
})
export type ClientCredentials = Static<typeof ClientCredentials>

/** A token of another kind, however long, is refused as one that is unknown: clients start again after `invalid_grant` only. */
const AnyToken = Text(8192)

export const TokenRequest = Type.Composite([
  ClientCredentials,
  Type.Object({
    grant_type: Type.Optional(Parameter(128)),
    code: Type.Optional(AnyToken),
    redirect_uri: Type.Optional(Parameter(2048)),
    code_verifier: Type.Optional(Text(512)),
    refresh_token: Type.Optional(AnyToken),
    /** RFC 8628 section 3.4. */
    device_code: Type.Optional(AnyToken),
    /** RFC 8693 section 2.1. */
    subject_token: Type.Optional(AnyToken),
    subject_token_type: Type.Optional(Parameter(128)),
    requested_token_type: Type.Optional(Parameter(128)),
    actor_token: Type.Optional(AnyToken),
    audience: Type.Optional(Repeatable()),
    scope: Type.Optional(Parameter()),
    resource: Type.Optional(Repeatable()),
  }),
])
export type TokenRequest = Static<typeof TokenRequest>

/** RFC 6749 section 5.1. `scope` is always there, so clients never have to guess. */
export const TokenResponse = Type.Object({
  access_token: Type.String(),
  token_type: Type.Union([Type.Literal('Bearer'), Type.Literal('DPoP')]),
  expires_in: Type.Integer(),
  refresh_token: Type.Optional(Type.String()),
  /** RFC 8693 section 2.2.1. */
  issued_token_type: Type.Optional(Type.String()),
  scope: Type.String(),
  id_token: Type.Optional(Type.String()),
})
export type TokenResponse = Static<typeof TokenResponse>

/** POST /revoke and POST /introspect (RFC 7009 section 2.1, RFC 7662 section 2.1). */
export const TokenParameter = Type.Composite([
  ClientCredentials,
  Type.Object({ token: Type.Optional(Text(8192)), token_type_hint: Type.Optional(Parameter(64)) }),
])
export type TokenParameter = Static<typeof TokenParameter>

/** RFC 7662 section 2.2. */
export const IntrospectionResponse = Type.Object({
  active: Type.Boolean(),
  scope: Type.Optional(Type.String()),
  client_id: Type.Optional(Type.String()),
  username: Type.Optional(Type.String()),
  token_type: Type.Optional(Type.String()),
  exp: Type.Optional(Type.Integer()),
  iat: Type.Optional(Type.Integer()),
  sub: Type.Optional(Type.String()),
  aud: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  jti: Type.Optional(Type.String()),
  /** RFC 9449 section 6.2. */
  cnf: Type.Optional(Type.Object({ jkt: Type.String() })),
  /** RFC 9470 section 6.2. */
  auth_time: Type.Optional(Type.Integer()),
  acr: Type.Optional(Type.String()),
  amr: Type.Optional(Type.Unsafe<readonly string[]>(Type.Array(Type.String()))),
  /** As in the access token (RFC 9068 section 2.2.3.1), as they are now. */
  groups: Type.Optional(Type.Array(Type.String())),
})
export type IntrospectionResponse = Static<typeof IntrospectionResponse>
