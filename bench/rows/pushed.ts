/** The rows of pushed authorization requests (RFC 9126). */
import type { Step } from '../measure/load.ts'
import { PLAIN_SCOPE, RESOURCE, authorization, pathOf, post } from './requests.ts'
import type { Credentials } from './requests.ts'
import type { Scenario } from './scenario.ts'
import { load } from './stocks.ts'

export function pushed(client: Credentials, cookie: string): Scenario[] {
  const requestUris: string[] = []
  const request = post('/par', authorization(client.client_id, PLAIN_SCOPE, RESOURCE), client)
  const push: Step = {
    expected: 201,
    next: () => request,
    onAnswer: ({ body }) => requestUris.push((JSON.parse(body) as { request_uri: string }).request_uri),
  }
  const authorize: Step = {
    expected: 303,
    next: () => ({
      method: 'GET',
      path: pathOf({ client_id: client.client_id, request_uri: requestUris.pop() ?? 'none-left' }),
      headers: { cookie },
    }),
  }
  return [
    { name: 'push a request', sign: [], load: (amount) => load(amount, push) },
    {
      name: 'authorize, what was pushed',
      sign: [],
      supply(amount) {
        requestUris.length = 0 // they live for a minute only
        return [load(amount, push)]
      },
      load: (amount) => load(amount, authorize),
    },
  ]
}
