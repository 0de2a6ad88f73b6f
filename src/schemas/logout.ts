/** Logout: a client's request (OpenID Connect RP-Initiated Logout section 2), and the form of our own page. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Hint, Parameter } from './primitives.ts'

const logoutMembers = {
  id_token_hint: Type.Optional(Parameter(8192)),
  client_id: Type.Optional(Parameter(2048)),
  post_logout_redirect_uri: Type.Optional(Parameter(2048)),
  state: Type.Optional(Parameter()),
  /** Accepted and ignored: the page always shows who is logged in. */
  logout_hint: Type.Optional(Hint()),
  ui_locales: Type.Optional(Hint()),
}
export const LogoutParameters = Type.Object(logoutMembers)
export type LogoutParameters = Static<typeof LogoutParameters>

/** With a `token` the post comes from our own page, without one from a client. */
export const LogoutForm = Type.Object({ ...logoutMembers, token: Type.Optional(Parameter(512)) })
export type LogoutForm = Static<typeof LogoutForm>
