/** Grants in every stage: refreshed and bound, opaque and signed, alive and dead in each way. */
import type { ApiResponse } from '#test/support/api.ts'
import type { Person } from '#test/support/people/person.ts'
import type { Facts, KnownClient, KnownTokens } from '#test/upgrade/facts.ts'
import { issuedBy, makePrivateJwk, thumbprintOf } from '#test/upgrade/requests.ts'
import type { Form, Issued, Login } from '#test/upgrade/requests.ts'
import { PEOPLE } from './people.ts'
import type { Server } from './timeline.ts'

type Clients = Readonly<Record<string, KnownClient>>
type Grants = Facts['grants']

const known = (client: string, { access_token: accessToken, refresh_token: refreshToken, id_token: idToken }: Issued): KnownTokens => ({
  client,
  accessToken,
  refreshToken,
  ...(idToken !== undefined && { idToken }),
})

const claimsOf = (response: ApiResponse) => response.json<Record<string, unknown> & { sub: string }>()

/** Somebody connects a client in that browser. */
export async function connectIn(
  server: Server,
  browser: Person,
  clients: Clients,
  name: string,
  changes: Form = {},
  login: Login = PEOPLE.helen,
) {
  return known(name, await server.connect(browser, clients[name]!, changes, login))
}

/** Somebody connects a client. */
export async function connect(server: Server, clients: Clients, name: string, changes: Form = {}, login: Login = PEOPLE.helen) {
  return connectIn(server, server.browserOf(login), clients, name, changes, login)
}

/** What UserInfo says to a client that was allowed everything. */
export const describe = async (server: Server, { accessToken }: KnownTokens) => claimsOf(await server.userinfo(accessToken))

/** Uses the refresh token once more; remembers those before. */
export async function refreshed<T extends KnownTokens>(
  server: Server,
  clients: Clients,
  before: T & { readonly used?: readonly string[] },
) {
  const issued = issuedBy(await server.refresh(clients[before.client]!, before.refreshToken))
  return { ...before, ...known(before.client, issued), used: [...(before.used ?? []), before.refreshToken] }
}

/** Those that are for a resource, or tell more or less than others. */
export async function connectForResources(
  server: Server,
  clients: Clients,
  { moons, comets }: Facts['resources'],
): Promise<Pick<Grants, 'opaque' | 'comets' | 'claims'>> {
  const forResource = ({ identifier, scopes }: Facts['resources']['moons']) =>
    connect(server, clients, 'app', { resource: identifier, scope: `openid offline_access ${scopes.join(' ')}`, nonce: 'a nonce' })
  const requested = { userinfo: { birthdate: null, email: { essential: true } }, id_token: { locale: { values: ['ko-KR', 'de'] } } }
  const claims = await connect(server, clients, 'app', { scope: 'openid offline_access', claims: JSON.stringify(requested) })
  return {
    opaque: [await forResource(moons), await forResource(moons)],
    comets: await forResource(comets),
    claims: { ...claims, userinfo: await describe(server, claims) },
  }
}

/** Calls that pass the gate, where nobody answers, and that do not. */
export async function callTools(server: Server, clients: Clients, { planets }: Facts['resources']): Promise<void> {
  const scope = `offline_access ${planets.scopes[0]!}`
  const { accessToken } = await connect(server, clients, 'app', { resource: planets.identifier, scope })
  for (const tool of ['move', 'look', 'move']) await server.callTool(planets.identifier, accessToken, tool)
  const { accessToken: mover } = await connect(server, clients, 'app', {
    resource: planets.identifier,
    scope: `offline_access ${planets.scopes.join(' ')}`,
  })
  await server.callTool(planets.identifier, mover, 'move')
}

/** One that only counts together with a key. */
export async function connectBound(server: Server, clients: Clients): Promise<Grants['bound'] & { readonly proof: string }> {
  const privateJwk = await makePrivateJwk()
  const app = clients['app']!
  const code = await server.authorize(server.browserOf(PEOPLE.helen), app, { dpop_jkt: await thumbprintOf(privateJwk) }, PEOPLE.helen)
  const proof = await server.proofOf(privateJwk, '/token')
  return { ...known('app', issuedBy(await server.exchange(app, code, {}, { dpop: proof }))), privateJwk, proof }
}

/** Tokens that clients get for themselves. */
export async function ownTokens(server: Server, clients: Clients, name: string, resource: string) {
  const { access_token: accessToken } = issuedBy(
    await server.send(clients[name]!, '/token', { grant_type: 'client_credentials', resource }),
  )
  return { client: name, accessToken }
}

/** Grants that have ended, or whose person or client will. */
export async function connectDoomed(server: Server, clients: Clients): Promise<Record<string, KnownTokens>> {
  const revoked = await connect(server, clients, 'app')
  await server.send(clients['app']!, '/revoke', { token: revoked.refreshToken, token_type_hint: 'refresh_token' })
  return {
    revoked,
    replayed: await replay(server, clients),
    ofDisabledPerson: await connect(server, clients, 'app', {}, PEOPLE.oscar),
    ofDeletedPerson: await connect(server, clients, 'web', {}, PEOPLE.ruth),
    ofDisabledClient: await connect(server, clients, 'disabled'),
  }
}

/** An old refresh token comes back, long after it was used. */
async function replay(server: Server, clients: Clients): Promise<KnownTokens> {
  const after = await refreshed(server, clients, await refreshed(server, clients, await connect(server, clients, 'poster')))
  const response = await server.refresh(clients['poster']!, after.used[0]!)
  if (response.statusCode !== 400) throw new Error(response.body)
  return after
}

export async function connectAndRevokeAccess(server: Server, clients: Clients): Promise<KnownTokens> {
  const tokens = await connect(server, clients, 'signer')
  await server.send(clients['signer']!, '/revoke', { token: tokens.accessToken })
  return tokens
}

/** A browser of its own in which somebody connects a client, as it is afterwards. */
export async function browse(server: Server, clients: Clients, name: string, changes: Form = {}) {
  const person = server.person()
  const tokens = await connectIn(server, person, clients, name, changes)
  return { person, tokens, cookies: Object.fromEntries(person.cookies) }
}
