/** What requests use up (codes, tokens), and the loads that make more of it, none of which is measured. */
import type { Answer, Load, Step } from '../measure/load.ts'
import { authorization, exchange, pathOf, refresh } from './requests.ts'
import type { Credentials, TokenResponse } from './requests.ts'

const CONNECTIONS = 16

/** @param amount of turns, rounded down so that each connection ends with a whole one */
export function load(amount: number, first: Step, ...followedBy: readonly Step[]): Load {
  const connections = Math.min(CONNECTIONS, amount)
  return { ...first, connections, followedBy, amount: followedBy.length === 0 ? amount : amount - (amount % connections) }
}

/** What one person allows one client, for one scope and one resource. */
export interface Grants {
  readonly accessTokens: string[]
  /** Keeps the code. */
  authorize(): Step
  /** Uses a code, keeps the tokens. */
  exchange(): Step
  /** Uses a refresh token, keeps the next one. */
  refresh(onTokens?: (tokens: TokenResponse) => void): Step
  /** New codes each time: they live for a minute. */
  supplyCodes(amount: number): readonly Load[]
  /** What supplies one row: tokens that other rows left may be older than what the peer remembers. */
  refreshTokenSupply(): (amount: number) => readonly Load[]
  supplyAccessTokens(amount: number): readonly Load[]
}

/** @param resource for what the tokens are; without one, they are for the server itself */
export function createGrants(client: Credentials, cookie: string, scope: string, resource: string | undefined): Grants {
  const codes: string[] = []
  const accessTokens: string[] = []
  let refreshTokens: string[] = []
  let successors: string[] = []
  const path = pathOf(authorization(client.client_id, scope, resource))

  const authorize = (): Step => ({
    expected: 303,
    next: () => ({ method: 'GET', path, headers: { cookie } }),
    onAnswer: ({ headers }) => codes.push(new URL(headers['location']!).searchParams.get('code')!),
  })
  const exchangeCode = (): Step => ({
    expected: 200,
    next: () => exchange(codes.pop() ?? 'none-left', resource, client),
    onAnswer: (answer) => {
      const tokens = tokensIn(answer)
      accessTokens.push(tokens.access_token)
      refreshTokens.push(tokens.refresh_token)
    },
  })
  const supplyCodes = (amount: number): readonly Load[] => {
    codes.length = 0
    return [load(amount, authorize())]
  }
  const supplyTokens = (amount: number): readonly Load[] => [...supplyCodes(amount), load(amount, exchangeCode())]
  return {
    accessTokens,
    authorize,
    exchange: exchangeCode,
    refresh: (onTokens) => ({
      expected: 200,
      next: () => refresh(refreshTokens.pop() ?? 'none-left', client),
      onAnswer: (answer) => {
        const tokens = tokensIn(answer)
        successors.push(tokens.refresh_token)
        onTokens?.(tokens)
      },
    }),
    supplyCodes,
    refreshTokenSupply() {
      let isFirst = true
      return (amount) => {
        if (isFirst) [refreshTokens, successors] = [[], []]
        isFirst = false
        if (refreshTokens.length < amount) [refreshTokens, successors] = [[...successors, ...refreshTokens], []]
        return refreshTokens.length < amount ? supplyTokens(amount) : []
      }
    },
    supplyAccessTokens: (amount) => (accessTokens.length < amount ? supplyTokens(amount) : []),
  }
}

function tokensIn({ body }: Answer): TokenResponse {
  return JSON.parse(body) as TokenResponse
}
