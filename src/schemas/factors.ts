/** The forms of a person's factors. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Credential, Transaction } from './authorization.ts'
import { Parameter } from './primitives.ts'

/** A code confirms new one-time codes; a credential is a new passkey. `transaction`: within a login. */
export const SetUpForm = Type.Object({
  set_up: Type.String({ maxLength: 2048 }),
  transaction: Type.Optional(Transaction),
  code: Type.Optional(Parameter(16)),
  credential: Type.Optional(Credential),
  name: Type.Optional(Parameter(256)),
  decision: Type.Optional(Parameter(16)),
})
export type SetUpForm = Static<typeof SetUpForm>
