/** What is measured. Each row makes what it uses up, so that any of them runs without the others. */
import { bound } from './bound.ts'
import type { Shot } from '../measure/load.ts'
import { pushed } from './pushed.ts'
import { OPENID_SCOPE, PLAIN_SCOPE, RESOURCE, post, registration, userinfo } from './requests.ts'
import type { Credentials } from './requests.ts'
import { BOTH } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { createGrants, load } from './stocks.ts'
import type { Grants } from './stocks.ts'

export interface Prepared {
  readonly issuer: string
  readonly client: Credentials
  /** Of a person who is logged in and allowed the client everything. */
  readonly cookie: string
  /** Of somebody whom a provider let in, who allowed it the same. A server without providers has the same person here. */
  readonly provided?: string | undefined
  /** A client that acts for itself. */
  readonly machine: Credentials
  /** Whether UserInfo and introspection take no tokens that are for a resource. */
  readonly ownTokensOnly?: boolean
}

export function scenarios({ issuer, client, cookie, provided = cookie, machine, ownTokensOnly = false }: Prepared): Scenario[] {
  const plain = createGrants(client, cookie, PLAIN_SCOPE, RESOURCE)
  const openid = createGrants(client, cookie, OPENID_SCOPE, RESOURCE)
  const byProvider = createGrants(client, provided, PLAIN_SCOPE, RESOURCE)
  /** Whose access tokens the server's own endpoints are asked with. */
  const own = ownTokensOnly ? createGrants(client, cookie, OPENID_SCOPE, undefined) : openid

  const same = (name: string, expected: number, shot: Shot, sign: Scenario['sign'] = []): Scenario => ({
    name,
    sign,
    load: (amount) => load(amount, { expected, next: () => shot }),
  })
  const cheap = (name: string, path: string): Scenario => ({ ...same(name, 200, { method: 'GET', path }), cheap: true })
  const authorize = (name: string, grants: Grants): Scenario => ({ name, sign: [], load: (amount) => load(amount, grants.authorize()) })
  const exchange = (name: string, grants: Grants, sign: Scenario['sign']): Scenario => ({
    name,
    sign,
    supply: grants.supplyCodes,
    load: (amount) => load(amount, grants.exchange()),
  })
  const refresh = (name: string, grants: Grants, sign: Scenario['sign']): Scenario => ({
    name,
    sign,
    supply: grants.refreshTokenSupply(),
    load: (amount) =>
      load(
        amount,
        grants.refresh(({ access_token }) => grants.accessTokens.push(access_token)),
      ),
  })
  /** The server verifies no signatures of the last 10,000 tokens that it issued. After other rows, older ones are among these. */
  const firstSight = (name: string, show: (token: string) => Shot): Scenario => ({
    name,
    sign: [],
    supply: own.supplyAccessTokens,
    load: (amount) => load(amount, { expected: 200, next: () => show(unseen()) }),
  })
  const seenBefore = (name: string, show: (token: string) => Shot): Scenario => ({
    name,
    sign: [],
    supply: () => own.supplyAccessTokens(1),
    load: (amount) => same(name, 200, show(own.accessTokens.at(-1)!)).load(amount),
  })
  const unseen = (): string => own.accessTokens.pop() ?? 'none-left'
  const atUserinfo = (token: string): Shot => userinfo(token, 'Bearer')
  const atIntrospection = (token: string): Shot => post('/introspect', { token }, client)

  return [
    cheap('metadata', '/.well-known/oauth-authorization-server'),
    cheap('jwks', '/jwks'),
    same('register', 201, registration),
    authorize('authorize', plain),
    ...pushed(client, cookie),
    exchange('code exchange', plain, ['ES256']),
    refresh('refresh', plain, ['ES256']),
    refresh('refresh, by a provider', byProvider, ['ES256']),
    same('client credentials', 200, post('/token', { grant_type: 'client_credentials' }, machine), ['ES256']),
    authorize('authorize, openid', openid),
    exchange('code exchange, openid', openid, BOTH),
    refresh('refresh, openid', openid, BOTH),
    firstSight('userinfo, first sight', atUserinfo),
    seenBefore('userinfo, seen before', atUserinfo),
    ...bound(issuer, openid, own),
    firstSight('introspect, first sight', atIntrospection),
    seenBefore('introspect, seen before', atIntrospection),
    {
      name: 'authorize, exchange and userinfo',
      sign: BOTH,
      load: (amount) => load(amount, own.authorize(), own.exchange(), { expected: 200, next: () => atUserinfo(unseen()) }),
    },
  ]
}

const nobody: Credentials = { client_id: '', client_secret: '' }
export const ROW_NAMES = scenarios({ issuer: '', client: nobody, cookie: '', machine: nobody }).map(({ name }) => name)
