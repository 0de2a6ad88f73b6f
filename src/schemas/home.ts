/** GET / as JSON: where everything is, for programs that came without a discovery document. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

export const HomeResponse = Type.Object({
  name: Type.String(),
  issuer: Type.String(),
  /** The RFC 8414 document, which says the rest. */
  metadata: Type.String(),
  endpoints: Type.Record(Type.String(), Type.String()),
})
export type HomeResponse = Static<typeof HomeResponse>
