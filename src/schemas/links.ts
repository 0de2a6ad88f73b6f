/** The forms behind one-use links. A link's token comes in the address once, and then in the form. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Credential } from './authorization.ts'
import { Parameter } from './primitives.ts'

const Token = Parameter(128)
const SignedSetUp = Type.String({ maxLength: 2048 })

export const LinkQuery = Type.Object({ token: Type.Optional(Token) })

export const InvitationForm = Type.Object({
  token: Token,
  username: Parameter(256),
  password: Type.Optional(Parameter(2048)),
  email: Type.Optional(Parameter(256)),
  /** What the account is opened with: a password, if absent. */
  way: Type.Optional(Type.Literal('passkey')),
  set_up: Type.Optional(SignedSetUp),
  credential: Type.Optional(Credential),
  name: Type.Optional(Parameter(256)),
})

export type InvitationForm = Static<typeof InvitationForm>

/** The same form, sent by another button: what else was typed doesn't matter. */
export const InvitationProviderForm = Type.Object({ token: Token })

export const ResetForm = Type.Object({ token: Token, password: Parameter(2048), end_grants: Type.Optional(Parameter(16)) })

export const ForgotForm = Type.Object({ username: Parameter(256) })

export const SignUpForm = Type.Object({ email: Parameter(256) })

/** A new passkey of an account that has nothing else. */
export const FactorLinkForm = Type.Object({
  token: Token,
  set_up: SignedSetUp,
  credential: Credential,
  name: Type.Optional(Parameter(256)),
})

export const ConfirmForm = Type.Object({ token: Token })
