// Pairwise subjects (OpenID Connect Core section 8): one client reads one sub of a person everywhere, another party another one.
import t from 'tap'
import type { Test } from 'tap'
import { createApp } from '#test/support/app.ts'
import { apiOf, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { json, serveHosts } from '#test/support/network/tls-server.ts'

const SECTOR = 'https://party.example/sector.json'
const uris = ['https://client.example/callback', 'https://other.example/callback']

const server = await serveHosts(t, ['party.example'])
server.answers.set(SECTOR, json(uris))
const api = apiOf(await createApp(t, { RATE_LIMIT_REGISTER: 'off' }, undefined, { safeFetch: server }))
const { id: userId } = (await api.storage.users.findAdministrator())!

const payloadOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }

/** Every sub that a client reads: id_token, access token, UserInfo, introspection of both, and after a refresh. */
async function subjectsOf(t: Test, client: TestClient): Promise<string> {
  const { access_token, id_token, refresh_token = '' } = await api.tokens(client)
  const introspect = async (token: string) => (await api.post('/introspect', { token, ...credentials(client) })).json<{ sub: string }>()
  const subjects = [payloadOf(id_token), payloadOf(access_token), await introspect(access_token), await introspect(refresh_token)]
  const refreshed = (await api.post('/token', { grant_type: 'refresh_token', refresh_token, ...credentials(client) })).json<{
    id_token: string
    access_token: string
  }>()
  const info = await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${refreshed.access_token}` } })
  const all = [...subjects, payloadOf(refreshed.id_token), payloadOf(refreshed.access_token), info.json<{ sub: string }>()].map(
    ({ sub }) => sub,
  )
  t.equal(new Set(all).size, 1, all.join(' '))
  return all[0]!
}

//= https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg
//# The Subject Identifier value MUST NOT be reversible by any party other than the OpenID Provider.
t.test('a client reads one sub of a person everywhere: the id, or with pairwise one of its party', async (t) => {
  const open = await subjectsOf(t, await api.register())
  const one = await subjectsOf(t, await api.register({ subject_type: 'pairwise' }))
  const same = await subjectsOf(t, await api.register({ subject_type: 'pairwise', client_name: 'another client of that host' }))
  const party = await subjectsOf(t, await api.register({ subject_type: 'pairwise', redirect_uris: uris, sector_identifier_uri: SECTOR }))
  t.equal(open, userId)
  t.match(one, /^[\w-]{43}$/)
  t.equal(same, one)
  t.equal(new Set([open, one, party]).size, 3)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#SectorIdentifierValidation
//# The values registered in redirect_uris MUST be included in the elements of the array, or registration MUST fail.
t.test('a client enters a sector only if the sector says so (T2)', async (t) => {
  const register = (body: object) => api.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: uris, ...body } })
  const url = (name: string, answer?: unknown) => {
    const address = `https://party.example/${name}`
    if (answer !== undefined) server.answers.set(address, json(answer))
    return address
  }
  t.match(
    (await register({ sector_identifier_uri: SECTOR })).json(),
    { sector_identifier_uri: SECTOR },
    'checked, and told back, with public subjects, too',
  )
  const table: [about: string, address: string, description: string][] = [
    ['missing', url('missing'), 'sector_identifier_uri could not be fetched'],
    ['inside a network', 'https://169.254.169.254/', 'sector_identifier_uri could not be fetched'],
    ['one URI short', url('short', uris.slice(1)), 'sector_identifier_uri leads to a list that does not name all redirect_uris'],
    ['no list', url('object', { uris }), 'sector_identifier_uri must lead to a JSON array of redirect URIs'],
    ['http', 'http://party.example/sector.json', 'sector_identifier_uri must be an https URL'],
  ]
  for (const [about, sector_identifier_uri, description] of table) {
    for (const subject_type of ['pairwise', 'public'])
      isOAuthError(t, await register({ subject_type, sector_identifier_uri }), 400, 'invalid_client_metadata', description, about)
  }
})
