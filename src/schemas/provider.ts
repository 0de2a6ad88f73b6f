/** The way to an identity provider, and back. What the provider sends along is read by the domain. */
import { Type } from '@sinclair/typebox'
import { Transaction } from './authorization.ts'

export const ProviderParameters = Type.Object({ provider: Type.String() })

/** OpenID Connect Back-Channel Logout section 2.5. */
export const ProviderLogoutForm = Type.Object({ logout_token: Type.String({ maxLength: 16_384 }) })

export const ProviderForm = Type.Object({ transaction: Transaction })
