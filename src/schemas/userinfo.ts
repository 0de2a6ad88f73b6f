/** OpenID Connect Core 1.0 section 5.3: the claims about a person. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

export const UserInfo = Type.Object({
  sub: Type.String(),
  name: Type.Optional(Type.String()),
  preferred_username: Type.Optional(Type.String()),
  given_name: Type.Optional(Type.String()),
  family_name: Type.Optional(Type.String()),
  picture: Type.Optional(Type.String()),
  locale: Type.Optional(Type.String()),
  updated_at: Type.Optional(Type.Integer()),
  email: Type.Optional(Type.String()),
  email_verified: Type.Optional(Type.Boolean()),
})
export type UserInfo = Static<typeof UserInfo>
