/** The management API and the console. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { isLoopbackHost } from '../../domain/protocol/loopback.ts'
import { readNetworks } from '../addresses.ts'
import { choice, setting } from '../kinds.ts'

export const ADMIN_SETTINGS = {
  admin: choice('ADMIN', ['on', 'off'], {
    about:
      'Whether people with a role (`cli user role`) can manage this server over the network: by the [management API](management-api.md) and the ' +
      'console. They need a second factor, unless the issuer is loopback.',
    fallback: 'on',
    derive: (_env, { issuer }) => (typeof issuer === 'string' && !isLoopbackHost(new URL(issuer).hostname) ? 'off' : undefined),
    derived: '`off` unless `ISSUER` is loopback',
    example: 'off',
  }),
  adminAddresses: Type.Optional(
    setting(Type.Array(Type.String()), {
      name: 'ADMIN_ADDRESSES',
      about: 'From where the server can be managed. Requests from elsewhere get 404. Without it, from anywhere.',
      accepts: 'IP addresses and networks, separated by commas',
      example: '10.0.0.0/8,fd00::/8',
      read: readNetworks,
    }),
  ),
}
