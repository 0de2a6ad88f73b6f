/** Token requests for the grants of a population, wherever in the database they are. */
import type { Answer, Load, Shot } from '../measure/load.ts'
import { REDIRECT_URI, RESOURCE, VERIFIER, clientId, codeOf, families, isBusy, openCodes, refreshTokenOf } from './population.ts'
import type { Population } from './population.ts'

/** The loads of a population: each round of `exchange` takes other codes, the others take other families as long as there are any. */
export interface FamilyLoads {
  /** By clients that are at work. */
  refresh(amount: number, connections: number): Load
  /** By clients that weren't for a day or more, which is noted of them. */
  comeBack(amount: number, connections: number): Load
  exchange(amount: number, connections: number): Load
}

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }

const post = (fields: Record<string, string>): Shot => ({
  method: 'POST',
  path: '/token',
  headers: HEADERS,
  body: new URLSearchParams(fields).toString(),
})

/** @param spread of how many families the refresh tokens are; those that come up again go on with what they got */
export function familyLoads(population: Population, spread: number): FamilyLoads {
  const codes = openCodes(population)
  const numbers = families(population, spread)
  return {
    refresh: refreshes(population, numbers.filter(isBusy)),
    comeBack: refreshes(
      population,
      numbers.filter((number) => !isBusy(number)),
    ),
    exchange: (amount, connections) => ({
      amount,
      connections,
      expected: 200,
      next() {
        const number = codes.pop()!
        return post({
          grant_type: 'authorization_code',
          code: codeOf(population, number),
          redirect_uri: REDIRECT_URI,
          code_verifier: VERIFIER,
          client_id: clientId(population, number),
          resource: RESOURCE,
        })
      },
    }),
  }
}

function refreshes(population: Population, numbers: readonly number[]): FamilyLoads['refresh'] {
  const members = numbers.map((number) => ({ clientId: clientId(population, number), token: refreshTokenOf(population, number) }))
  let turn = 0
  return (amount, connections) => {
    const asked = new WeakMap<object, (typeof members)[number]>()
    return {
      amount,
      connections,
      expected: 200,
      next(connection) {
        const member = members[turn++ % members.length]!
        asked.set(connection, member)
        return post({ grant_type: 'refresh_token', refresh_token: member.token, client_id: member.clientId })
      },
      onAnswer({ body }: Answer, connection) {
        asked.get(connection)!.token = (JSON.parse(body) as { refresh_token: string }).refresh_token
      },
    }
  }
}
