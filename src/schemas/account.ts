/** The forms of a person's own page. Each has the token of the session in which it was shown. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Transaction } from './authorization.ts'
import { Hint, Parameter, Repeatable } from './primitives.ts'

export const AccountQuery = Type.Object({
  ui_locales: Type.Optional(Hint()),
  /** What has just been done. */
  notice: Type.Optional(Parameter(32)),
  /** After a login: what the person reads of failed attempts before it. */
  transaction: Type.Optional(Transaction),
})
export type AccountQuery = Static<typeof AccountQuery>

const FormToken = Parameter(64)

/** Ends the grant, or forgets what a client was allowed. */
export const AppForm = Type.Object({ token: FormToken, grant: Type.Optional(Parameter(64)), client: Type.Optional(Parameter(2048)) })
export type AppForm = Static<typeof AppForm>

/** Ends a session, or all others than this one. */
export const SessionForm = Type.Object({ token: FormToken, session: Type.Optional(Parameter(64)), others: Type.Optional(Parameter(8)) })
export type SessionForm = Static<typeof SessionForm>

/** What clients learn: every member of USER_MEMBERS, '' for none. */
export const ProfileForm = Type.Object({ token: FormToken }, { additionalProperties: Parameter(4096) })
export type ProfileForm = Static<typeof ProfileForm>

export const PasswordForm = Type.Object({
  token: FormToken,
  /** For password managers. */
  username: Type.Optional(Parameter(256)),
  password: Parameter(4096),
  /** Disconnects all apps, too. */
  apps: Type.Optional(Parameter(8)),
})
export type PasswordForm = Static<typeof PasswordForm>

export const DeletionForm = Type.Object({ token: FormToken, username: Parameter(256) })
export type DeletionForm = Static<typeof DeletionForm>

export const TokenQuery = Type.Object({ ...AccountQuery.properties, resource: Type.Optional(Parameter(64)) })
export type TokenQuery = Static<typeof TokenQuery>

/** Makes a personal access token. */
export const TokenForm = Type.Object({
  token: FormToken,
  resource: Parameter(64),
  name: Parameter(256),
  days: Parameter(8),
  scope: Type.Optional(Repeatable(256)),
})
export type TokenForm = Static<typeof TokenForm>

export const TokenEndForm = Type.Object({ token: FormToken, id: Parameter(64) })
export type TokenEndForm = Static<typeof TokenEndForm>

/** Removes a passkey, or without one the one-time codes. */
export const FactorForm = Type.Object({ token: FormToken, passkey: Type.Optional(Parameter(2048)) })
export type FactorForm = Static<typeof FactorForm>

export const NameForm = Type.Object({ token: FormToken, passkey: Parameter(2048), name: Parameter(256) })
export type NameForm = Static<typeof NameForm>

/** Connects an account at a provider. */
export const IdentityForm = Type.Object({ token: FormToken, provider: Parameter(64) })
export type IdentityForm = Static<typeof IdentityForm>

export const IdentityEndForm = Type.Object({ token: FormToken, identity: Parameter(64) })
export type IdentityEndForm = Static<typeof IdentityEndForm>

/** A button without more. */
export const OwnForm = Type.Object({ token: FormToken })
export type OwnForm = Static<typeof OwnForm>
