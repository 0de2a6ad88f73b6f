/** POST /par (RFC 9126 sections 2.1 and 2.2): the parameters of an authorization request, and the client's credentials. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { AuthorizationParameters } from './authorization.ts'
import { ClientCredentials } from './token.ts'

export const PushedRequest = Type.Object({ ...ClientCredentials.properties, ...AuthorizationParameters.properties })
export type PushedRequest = Static<typeof PushedRequest>

export const PushedRequestResponse = Type.Object({ request_uri: Type.String(), expires_in: Type.Integer() })
export type PushedRequestResponse = Static<typeof PushedRequestResponse>
