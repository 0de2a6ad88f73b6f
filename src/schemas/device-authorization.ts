/** POST /device_authorization (RFC 8628 sections 3.1 and 3.2), and the pages where a user connects a device. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Transaction } from './authorization.ts'
import { Hint, Parameter, Repeatable } from './primitives.ts'
import { ClientCredentials } from './token.ts'

/** Most resources of one request: nothing has to log in before it is stored (threat-model.md T18). */
const MAX_RESOURCES = 8

export const DeviceAuthorizationRequest = Type.Composite([
  ClientCredentials,
  Type.Object({ scope: Type.Optional(Parameter()), resource: Type.Optional(Repeatable(MAX_RESOURCES)) }),
])
export type DeviceAuthorizationRequest = Static<typeof DeviceAuthorizationRequest>

export const DeviceAuthorizationResponse = Type.Object({
  device_code: Type.String(),
  user_code: Type.String(),
  verification_uri: Type.String(),
  verification_uri_complete: Type.String(),
  expires_in: Type.Integer(),
  interval: Type.Integer(),
})
export type DeviceAuthorizationResponse = Static<typeof DeviceAuthorizationResponse>

/** GET /device: opened by hand, by a URL with the code, or again after a login. */
export const DeviceQuery = Type.Object({
  user_code: Type.Optional(Parameter(64)),
  ui_locales: Type.Optional(Hint()),
  transaction: Type.Optional(Transaction),
})
export type DeviceQuery = Static<typeof DeviceQuery>

export const UserCodeForm = Type.Object({
  transaction: Transaction,
  user_code: Type.Optional(Parameter(64)),
  decision: Type.Optional(Parameter(16)),
})
export type UserCodeForm = Static<typeof UserCodeForm>
