/** The parameters of an authorization request (RFC 6749 section 4.1.1 and its extensions), and the forms of our own pages. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Hint, Parameter, Repeatable } from './primitives.ts'

/** Only `resource` may be repeated. Unknown parameters are ignored (RFC 6749 section 3.1). */
export const AuthorizationParameters = Type.Object({
  response_type: Type.Optional(Parameter(64)),
  client_id: Type.Optional(Parameter(2048)),
  redirect_uri: Type.Optional(Parameter(2048)),
  scope: Type.Optional(Parameter()),
  state: Type.Optional(Parameter()),
  response_mode: Type.Optional(Parameter(64)),
  /** Stored with the grant. */
  nonce: Type.Optional(Parameter(2048)),
  code_challenge: Type.Optional(Parameter(256)),
  code_challenge_method: Type.Optional(Parameter(16)),
  /** RFC 9449 section 10. */
  dpop_jkt: Type.Optional(Parameter(64)),
  resource: Type.Optional(Repeatable()),
  prompt: Type.Optional(Parameter(128)),
  max_age: Type.Optional(Parameter(16)),
  login_hint: Type.Optional(Hint()),
  ui_locales: Type.Optional(Hint()),
  /** Accepted and ignored: claims exist in one language only. */
  claims_locales: Type.Optional(Hint()),
  id_token_hint: Type.Optional(Parameter(8192)),
  acr_values: Type.Optional(Hint()),
  claims: Type.Optional(Parameter()),
  display: Type.Optional(Hint()),
  request: Type.Optional(Parameter(16384)),
  request_uri: Type.Optional(Parameter()),
})
export type AuthorizationParameters = Static<typeof AuthorizationParameters>

/** Whether the server knows a parameter of this name. */
export const isAuthorizationParameter = (name: string): boolean => Object.hasOwn(AuthorizationParameters.properties, name)

/** A signed transaction contains the parameters of a request, so it may be longer than any single one. */
export const Transaction = Type.String({ maxLength: 49_152 })

/** `decision=cancel` needs neither name nor password. */
export const LoginForm = Type.Object({
  transaction: Transaction,
  username: Type.Optional(Parameter(256)),
  password: Type.Optional(Parameter(1024)),
  decision: Type.Optional(Parameter(16)),
})
export type LoginForm = Static<typeof LoginForm>

/** A one-time code or a recovery code; `decision=switch` and `decision=cancel` need none. */
export const CodeForm = Type.Object({
  transaction: Transaction,
  code: Type.Optional(Parameter(64)),
  decision: Type.Optional(Parameter(16)),
})
export type CodeForm = Static<typeof CodeForm>

/** What a browser answers for a passkey, as JSON. */
export const Credential = Type.String({ maxLength: 16_384 })

export const PasskeyLoginForm = Type.Object({ transaction: Transaction, credential: Credential })
export type PasskeyLoginForm = Static<typeof PasskeyLoginForm>

/** `preset` and `scope` say what a consent leaves of what was asked. */
export const DecisionForm = Type.Object({
  transaction: Transaction,
  decision: Parameter(16),
  preset: Type.Optional(Parameter(16)),
  scope: Type.Optional(Repeatable(256)),
})
export type DecisionForm = Static<typeof DecisionForm>
