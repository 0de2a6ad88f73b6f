/** The way to an identity provider, and back. What the provider sends along is read by the domain. */
import { Type } from '@sinclair/typebox'
import { Transaction } from './authorization.ts'

export const ProviderParameters = Type.Object({ provider: Type.String({ maxLength: 32 }) })

export const ProviderForm = Type.Object({ transaction: Transaction })
