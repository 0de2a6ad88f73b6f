import { KeyObject } from 'node:crypto'
import { decodeJwt, SignJWT, generateKeyPair } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { ISSUER, SECRET, injectFetch } from '#test/support/app.ts'
import { addUser, pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { createConversation, formOf } from '#test/support/conversation.ts'
import type { Parameters } from '#test/support/conversation.ts'
import { createPerson, wayBackOf } from '#test/support/people/person.ts'
import type { Arrival, Person } from '#test/support/people/person.ts'

const BYE = 'https://client.example/bye?tenant=a%20b'
const conversation = await createConversation(t, {
  metadata: { client_name: 'Observatory', post_logout_redirect_uris: [BYE, 'http://localhost/bye', 'com.example.app:/bye'] },
})
const { app, client, clock, storage } = conversation
await addUser(conversation, 'ada', 'engine')

const logoutUrl = (parameters: Parameters = {}) => `${ISSUER}/logout?${formOf(parameters)}`
const newPerson = () => createPerson(ISSUER, injectFetch(app))

/** Somebody who logged in to the client, and the id_token that the client has of it. */
async function loggedIn(login?: { username: string; password: string }): Promise<{ person: Person; idToken: string }> {
  const person = newPerson()
  const answer = await person.authorize(conversation.authorizeUrl(), login)
  const { id_token: idToken } = (await conversation.exchange(answer.searchParams.get('code')!)).json<{ id_token: string }>()
  return { person, idToken }
}

const isLoggedIn = async (person: Person) =>
  (await person.open(conversation.authorizeUrl({ prompt: 'none' }))).away?.searchParams.get('error') !== 'login_required'

/** An error is told on a page, and nothing else happened. */
function refused(t: Test, arrival: Arrival, why: RegExp, message: string): void {
  t.match({ status: arrival.page?.status, where: whereabouts(arrival) }, { status: 400, where: 'error' }, message)
  t.match(textOf(pageOf(arrival).html), why, message)
}

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#OPMetadata
//# end_session_endpoint
t.test('the metadata names the logout endpoint', async (t) => {
  t.equal((await app.inject('/.well-known/openid-configuration')).json().end_session_endpoint, `${ISSUER}/logout`)
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# OpenID Providers MUST support the use of the HTTP GET and POST methods
t.test('a client may send the person by GET or by POST', async (t) => {
  const { person, idToken } = await loggedIn()
  const parameters = {
    id_token_hint: idToken,
    client_id: client.client_id,
    post_logout_redirect_uri: BYE,
    state: 'a b&c',
    ui_locales: 'ko',
  }
  const byGet = pageOf(await person.open(logoutUrl(parameters)))
  // Cross-site, so without the session's cookie.
  const response = await conversation.post('/logout', parameters, { origin: 'https://client.example', 'sec-fetch-site': 'cross-site' })
  t.equal(response.statusCode, 303)
  const byPost = pageOf(await person.open(ISSUER + response.headers.location!))
  for (const page of [byGet, byPost])
    t.match(page.form?.fields, { client_id: client.client_id, post_logout_redirect_uri: BYE, state: 'a b&c', ui_locales: 'ko', token: /./ })
  t.match(
    (await conversation.post('/logout', { ...parameters, state: 's'.repeat(8192) })).statusCode,
    400,
    'what would not fit into a URL is refused',
  )
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# At the Logout Endpoint, the OP SHOULD ask the End-User whether to log out of the OP as well.
t.test('a person is asked even if the client has an id_token of this very session', async (t) => {
  const { person, idToken } = await loggedIn()
  const page = pageOf(await person.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE })))
  t.equal(whereabouts({ page }), 'logout')
  t.match(textOf(page.html), /Observatory asks to sign you out.*Signed in as admin.*go back to client\.example/)
  t.ok(await isLoggedIn(person), 'asking ends nothing')
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# Furthermore, the OP MUST ask the End-User this question if an id_token_hint was not provided or if the supplied ID Token does not belong to the current OP session with the RP and/or currently logged in End-User.
t.test('a person is asked if there is no id_token, or one of another session or person', async (t) => {
  const other = await loggedIn({ username: 'ada', password: 'engine' })
  const earlier = await loggedIn()
  const { person } = await loggedIn()
  for (const hint of [undefined, other.idToken, earlier.idToken]) {
    const arrival = await person.open(logoutUrl({ id_token_hint: hint, client_id: client.client_id, post_logout_redirect_uri: BYE }))
    t.equal(whereabouts(arrival), 'logout')
    t.match(textOf(pageOf(arrival).html), /Signed in as admin/, 'as the user who is logged in')
  }
  t.ok(await isLoggedIn(person))
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# If the End-User says "yes", then the OP MUST log out the End-User.
t.test('a person who says yes is logged out, and goes back to the client', async (t) => {
  const { person, idToken } = await loggedIn()
  const { away } = await person.submit(
    pageOf(await person.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE, state: 's' }))),
    {},
  )
  t.equal(away?.href, `${BYE}&state=s`)
  t.notOk(person.cookies.has('solar-session'))
  t.notOk(await isLoggedIn(person))
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# When both client_id and id_token_hint are present, the OP MUST verify that the Client Identifier matches the one used when issuing the ID Token.
t.test('a client that names another one than its id_token does is refused', async (t) => {
  const { person, idToken } = await loggedIn()
  const another = (await conversation.register({ redirect_uris: [BYE], post_logout_redirect_uris: [BYE] })).json<{ client_id: string }>()
  refused(
    t,
    await person.open(logoutUrl({ id_token_hint: idToken, client_id: another.client_id, post_logout_redirect_uri: BYE })),
    /client_id differs/,
    'another client',
  )
  t.equal(whereabouts(await person.open(logoutUrl({ id_token_hint: idToken, client_id: client.client_id }))), 'logout')
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# When an id_token_hint parameter is present, the OP MUST validate that it was the issuer of the ID Token.
t.test('an id_token that is not ours, or no id_token at all, is refused', async (t) => {
  const { person, idToken } = await loggedIn()
  const { access_token: accessToken } = await conversation.tokens()
  const keyset = await loadKeyset(storage.keys, SECRET, clock.now)
  const key = await keyset.signingKey('RS256')
  const claims = decodeJwt(idToken)
  const sign = (change: object, header: object = {}, by: KeyObject = key.privateKey) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }).sign(by)
  const stranger = await generateKeyPair('RS256')
  const forged = {
    'an access token': accessToken,
    'a logout token': await sign({}, { typ: 'logout+jwt' }),
    'of another issuer': await sign({ iss: 'https://other.example' }),
    "under a stranger's key": await sign({}, {}, KeyObject.from(stranger.privateKey)),
    'cut off': idToken.slice(0, -2),
    'without a signature': `${idToken.split('.').slice(0, 2).join('.')}.`,
    'no JWT': 'x',
  }
  for (const [name, hint] of Object.entries(forged))
    refused(t, await person.open(logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: BYE })), /not an id_token of this server/, name)
  t.equal(
    whereabouts(await person.open(logoutUrl({ id_token_hint: await sign({}), post_logout_redirect_uri: BYE }))),
    'logout',
    'and one by our key is fine',
  )
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# The OP SHOULD accept ID Tokens when the RP identified by the ID Token's aud claim and/or sid claim has a current session or had a recent session at the OP, even when the exp time has passed.
t.test('an id_token counts long after its end', async (t) => {
  const { person, idToken } = await loggedIn()
  const issued = clock.now
  clock.now += 11 * 3_600_000
  t.equal(whereabouts(await person.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE }))), 'logout')
  clock.now = issued
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout
//# The OP also MUST NOT perform post-logout redirection if the post_logout_redirect_uri value supplied does not exactly match one of the previously registered post_logout_redirect_uris values.
t.test('a person is never sent to an address that the client did not register for it', async (t) => {
  const { person, idToken } = await loggedIn()
  for (const uri of [
    `${BYE}/`,
    `${BYE}&x`,
    'https://client.example/bye',
    'https://client.example/callback',
    'https://CLIENT.example/bye?tenant=a%20b',
    'https://attacker.example/',
    'http://localhost/bye/',
    'javascript:alert(1)',
  ]) {
    for (const who of [person, newPerson()])
      refused(
        t,
        await who.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: uri })),
        /not one that this client registered/,
        uri,
      )
  }
  t.ok(await isLoggedIn(person))
  for (const uri of [BYE, 'http://localhost:4711/bye', 'com.example.app:/bye']) {
    const page = pageOf(await newPerson().open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: uri })))
    t.equal(wayBackOf(page)?.href, uri, 'the loopback port alone may differ')
  }
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout
//# if it is not supplied with post_logout_redirect_uri, the OP MUST NOT perform post-logout redirection unless the OP has other means of confirming the legitimacy of the post-logout redirection target.
t.test('without an id_token a person goes back by a click of their own only, and to a registered client only', async (t) => {
  const visitor = pageOf(await newPerson().open(logoutUrl({ client_id: client.client_id, post_logout_redirect_uri: BYE, state: 's' })))
  t.equal(whereabouts({ page: visitor }), 'logged-out')
  t.match(textOf(visitor.html), /Observatory would like you back at client\.example/)
  t.match(visitor.html, `href="${BYE}&amp;state&#x3D;s"`.replace('tenant=', 'tenant&#x3D;'))
  const { person } = await loggedIn()
  const { away } = await person.submit(
    pageOf(await person.open(logoutUrl({ client_id: client.client_id, post_logout_redirect_uri: BYE }))),
    {},
  )
  t.equal(away?.href, BYE, 'who was asked, and said yes, goes')
  for (const clientId of [undefined, 'client_nobody', 'https://client.example/nobody.json']) {
    refused(
      t,
      await newPerson().open(logoutUrl({ client_id: clientId, post_logout_redirect_uri: BYE })),
      /post_logout_redirect_uri needs/,
      String(clientId),
    )
  }
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# If included in the logout request, the OP passes this value back to the RP using the state parameter when redirecting the User Agent back to the RP.
t.test('somebody who is not logged in is led on by itself only for a client that an operator registered', async (t) => {
  const { idToken } = await loggedIn()
  const url = logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE })
  t.equal((await newPerson().open(url)).away, undefined)
  const { storage } = conversation
  const registered = (await storage.clients.find(client.client_id))!
  await storage.clients.delete(registered.id)
  await storage.clients.insert({ ...registered, origin: 'operator' } as typeof registered)
  t.equal((await newPerson().open(url)).away?.href, BYE)
  await storage.clients.delete(registered.id)
  await storage.clients.insert(registered)
})

t.test('state comes back byte for byte, and only if there was one', async (t) => {
  const state = 'a+b%20&=#?"<>\'/\\ ü 🪐'
  const { person, idToken } = await loggedIn()
  const { away } = await person.submit(
    pageOf(await person.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE, state }))),
    {},
  )
  t.same(
    [...away!.searchParams],
    [
      ['tenant', 'a b'],
      ['state', state],
    ],
  )
  t.equal(wayBackOf(pageOf(await newPerson().open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE }))))?.href, BYE)
})

//= https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
//# An error SHOULD NOT result if some or all of the requested locales are not supported by the OpenID Provider.
t.test('the page is in a language that the client asks for, if there is one', async (t) => {
  const { person, idToken } = await loggedIn()
  const language = async (ui_locales: string) =>
    /<html lang="(\w+)"/.exec(pageOf(await person.open(logoutUrl({ id_token_hint: idToken, ui_locales }))).html)?.[1]
  t.equal(await language('xx ko'), 'ko')
  t.equal(await language('xx'), 'en')
})

t.test('a client that was disabled can take nobody anywhere; a hint about the person is taken and not needed', async (t) => {
  const { person, idToken } = await loggedIn()
  t.equal(whereabouts(await person.open(logoutUrl({ logout_hint: 'ada', id_token_hint: idToken, client_id: '' }))), 'logout')
  const record = (await storage.clients.find(client.client_id))!
  await storage.clients.delete(record.id)
  await storage.clients.insert({ ...record, disabledAt: clock.now })
  refused(
    t,
    await person.open(logoutUrl({ id_token_hint: idToken, post_logout_redirect_uri: BYE })),
    /post_logout_redirect_uri needs/,
    'disabled',
  )
  t.equal(whereabouts(await person.open(logoutUrl({ id_token_hint: idToken }))), 'logout')
})
