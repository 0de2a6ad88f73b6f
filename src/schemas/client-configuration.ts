/** Requests to the client configuration endpoint (RFC 7592). */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { RegistrationRequest } from './registration.ts'
import { Absent, Text } from './primitives.ts'

export const ClientParameters = Type.Object({ client_id: Type.String() })
export type ClientParameters = Static<typeof ClientParameters>

/** RFC 7592 section 2.2: the metadata, the client's id, and optionally its secret. */
export const ClientUpdateRequest = Type.Intersect([
  RegistrationRequest,
  Type.Object({
    client_id: Absent(Text()),
    client_secret: Absent(Text()),
    // Listed only to be refused by name.
    registration_access_token: Type.Optional(Type.Unknown()),
    registration_client_uri: Type.Optional(Type.Unknown()),
    client_secret_expires_at: Type.Optional(Type.Unknown()),
    client_id_issued_at: Type.Optional(Type.Unknown()),
  }),
])
export type ClientUpdateRequest = Static<typeof ClientUpdateRequest>
