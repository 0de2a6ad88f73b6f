/** GET / as JSON: the endpoints, for programs that don't know the discovery document. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

export const HomeResponse = Type.Object({
  name: Type.String(),
  issuer: Type.String(),
  /** URL of the RFC 8414 document, which has the details. */
  metadata: Type.String(),
  endpoints: Type.Record(Type.String(), Type.String()),
})
export type HomeResponse = Static<typeof HomeResponse>
