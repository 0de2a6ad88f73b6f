/** The rows of tokens that are bound to a key (RFC 9449): each request has a proof of its own, made by the load. */
import type { Shot, Step } from '../measure/load.ts'
import { createProver } from './proofs.ts'
import { userinfo } from './requests.ts'
import type { TokenResponse } from './requests.ts'
import { BOTH } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { load } from './stocks.ts'
import type { Grants } from './stocks.ts'

/**
 * @param issuer the server that is asked
 * @param grants which are refreshed
 * @param own grants whose access tokens UserInfo takes
 */
export function bound(issuer: string, grants: Grants, own: Grants): Scenario[] {
  const prove = createProver(issuer)
  const proven = (shot: Shot, token?: string): Shot => ({
    ...shot,
    headers: { ...shot.headers, dpop: prove(shot.method, shot.path, token) },
  })
  const refresh = (of: Grants, onTokens?: (tokens: TokenResponse) => void): Step => {
    const step = of.refresh(onTokens)
    return { ...step, next: (turn) => proven(step.next(turn)) }
  }
  const supplyOne = own.refreshTokenSupply()
  let token = ''
  const keep = ({ access_token }: TokenResponse) => {
    token = access_token
  }
  return [
    { name: 'refresh, openid, DPoP', sign: BOTH, supply: grants.refreshTokenSupply(), load: (amount) => load(amount, refresh(grants)) },
    {
      name: 'userinfo, DPoP',
      sign: [],
      supply: () => (token === '' ? [...supplyOne(1), load(1, refresh(own, keep))] : []),
      load: (amount) => load(amount, { expected: 200, next: () => proven(userinfo(token, 'DPoP'), token) }),
    },
  ]
}
