/** The client and the person of the benchmark, on a server that has just started. */
import { createPerson } from '../../test/support/people/person.ts'
import { OPENID_SCOPE, RESOURCE, authorization, pathOf, registration } from './requests.ts'
import type { Credentials } from './requests.ts'
import type { Prepared } from './scenarios.ts'

export async function register(url: string, metadata: object = {}): Promise<Credentials> {
  const { method, path, headers, body } = registration
  const response = await fetch(url + path, { method, headers: headers!, body: JSON.stringify({ ...JSON.parse(body!), ...metadata }) })
  if (response.status !== 201) throw new Error(`registration: ${response.status} ${await response.text()}`)
  const { client_id, client_secret } = (await response.json()) as Credentials
  return { client_id, client_secret }
}

/**
 * A registered client, and a person who is logged in and allowed it everything.
 *
 * @param isSent which cookies a browser would send with an authorization request
 */
export async function prepare(
  url: string,
  isSent: (cookie: string) => boolean = () => true,
): Promise<Pick<Prepared, 'issuer' | 'client' | 'cookie'>> {
  const client = await register(url)
  const person = createPerson(url)
  await person.authorize(url + pathOf(authorization(client.client_id, OPENID_SCOPE, RESOURCE)))
  const cookies = [...person.cookies].filter(([name]) => isSent(name))
  return { issuer: url, client, cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; ') }
}
