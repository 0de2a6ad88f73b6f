/** The claims about a user (OpenID Connect Core sections 5.1 and 5.3). */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const OptionalText = Type.Optional(Type.String())

export const UserClaims = Type.Object({
  name: OptionalText,
  preferred_username: OptionalText,
  given_name: OptionalText,
  family_name: OptionalText,
  middle_name: OptionalText,
  nickname: OptionalText,
  profile: OptionalText,
  picture: OptionalText,
  website: OptionalText,
  gender: OptionalText,
  birthdate: OptionalText,
  zoneinfo: OptionalText,
  locale: OptionalText,
  updated_at: Type.Optional(Type.Integer()),
  email: OptionalText,
  email_verified: Type.Optional(Type.Boolean()),
  phone_number: OptionalText,
  phone_number_verified: Type.Optional(Type.Boolean()),
  address: Type.Optional(
    Type.Object({
      formatted: OptionalText,
      street_address: OptionalText,
      locality: OptionalText,
      region: OptionalText,
      postal_code: OptionalText,
      country: OptionalText,
    }),
  ),
})
export type UserClaims = Static<typeof UserClaims>

export const UserInfo = Type.Composite([
  Type.Object({
    sub: Type.String(),
    /** As in the access token (RFC 9068 section 2.2.3.1). */
    groups: Type.Optional(Type.Array(Type.String())),
  }),
  UserClaims,
])
export type UserInfo = Static<typeof UserInfo>
