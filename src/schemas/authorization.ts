/** The parameters of an authorization request (RFC 6749 section 4.1.1 and its extensions), and the posts of our own pages. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Repeatable, Text } from './shapes.ts'

/** Every parameter at most once, except `resource`; unknown ones are ignored (RFC 6749 section 3.1). */
export const AuthorizationParameters = Type.Object({
  response_type: Type.Optional(Text(64)),
  client_id: Type.Optional(Text(2048)),
  redirect_uri: Type.Optional(Text(2048)),
  scope: Type.Optional(Text()),
  state: Type.Optional(Text()),
  response_mode: Type.Optional(Text(64)),
  nonce: Type.Optional(Text()),
  code_challenge: Type.Optional(Text(256)),
  code_challenge_method: Type.Optional(Text(16)),
  resource: Type.Optional(Repeatable()),
  prompt: Type.Optional(Text(128)),
  max_age: Type.Optional(Text(16)),
  login_hint: Type.Optional(Text(256)),
  ui_locales: Type.Optional(Text(256)),
  id_token_hint: Type.Optional(Text(8192)),
  acr_values: Type.Optional(Text()),
  claims: Type.Optional(Text()),
  display: Type.Optional(Text(32)),
  request: Type.Optional(Text(16384)),
  request_uri: Type.Optional(Text()),
})
export type AuthorizationParameters = Static<typeof AuthorizationParameters>

/** A signed transaction holds the request's own parameters, so it may be longer than any one of them. */
const Transaction = Type.String({ maxLength: 49_152 })

export const LoginForm = Type.Object({ transaction: Transaction, username: Text(256), password: Text(1024) })
export type LoginForm = Static<typeof LoginForm>

export const DecisionForm = Type.Object({ transaction: Transaction, decision: Text(16) })
export type DecisionForm = Static<typeof DecisionForm>

export const LogoutForm = Type.Object({ token: Text(512) })
export type LogoutForm = Static<typeof LogoutForm>
