/** RFC 6749 section 10: what must not happen, whatever anybody tries. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'

const conversation = await createConversation(t)
const { authorize, authorizeUrl, clock, exchange, person, refresh, register, send, storage, tokens, userinfo } = conversation
const LOOPBACK = 'http://127.0.0.1:33418/callback'
const registered = async (metadata: Record<string, unknown>) =>
  (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata })).json<Registered>()

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.2
//# If the authorization server cannot authenticate the client due to the client's nature, the authorization server MUST require the registration of any redirection URI used for receiving authorization responses and SHOULD utilize other means to protect resource owners from such potentially malicious clients.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.2
//# The authorization server SHOULD enforce explicit resource owner authentication and provide the resource owner with information about the client and the requested authorization scope and lifetime.
t.test('a person reads who asks, for what, and where the answer goes', async (t) => {
  const asking = await registered({ client_name: 'Star Chart' })
  await authorize()
  const { html } = pageOf(await person.open(authorizeUrl({ scope: 'openid email', resource: 'https://mcp.example/mcp' }, asking)))
  for (const shown of ['Star Chart', 'client.example', 'email', 'https://mcp.example/mcp']) t.match(html, shown)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.2
//# The authorization server SHOULD NOT process repeated authorization requests automatically (without active resource owner interaction) without authenticating the client or relying on other measures to ensure that the repeated request comes from the original client and not an impersonator.
t.test('a client that any program could pass for is never answered without the person', async (t) => {
  const local = await registered({ redirect_uris: [LOOPBACK] })
  for (let visit = 0; visit < 2; visit++) {
    const { page } = await person.open(authorizeUrl({ redirect_uri: LOOPBACK }, local))
    t.ok((await person.submit(page!, { decision: 'allow' })).away?.searchParams.has('code'))
  }
  t.match(await authorize({ redirect_uri: LOOPBACK, prompt: 'none' }, person, local), { error: 'consent_required' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.3
//# The authorization server MUST ensure that access tokens cannot be generated, modified, or guessed to produce valid access tokens by unauthorized parties.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.4
//# The authorization server MUST ensure that refresh tokens cannot be generated, modified, or guessed to produce valid refresh tokens by unauthorized parties.
t.test('a token that differs in one character is none', async (t) => {
  const { access_token, refresh_token } = await tokens()
  const changed = (token: string, at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  for (let at = 0; at < access_token.length; at += 37) t.equal((await userinfo(changed(access_token, at))).statusCode, 401, `at ${at}`)
  for (const at of [0, 21, 42]) t.match((await refresh(changed(refresh_token, at))).json(), { error: 'invalid_grant' })
  t.equal((await refresh(refresh_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.10
//# The probability of an attacker guessing generated tokens (and other credentials not intended for handling by end-users) MUST be less than or equal to 2^(-128) and SHOULD be less than or equal to 2^(-160).
t.test('codes, refresh tokens and secrets have 256 random bits', async (t) => {
  const { code } = await authorize()
  const { refresh_token } = (await exchange(code)).json()
  const { client_secret, registration_access_token } = (await register({ redirect_uris: [CALLBACK] })).json()
  const secrets = [code!, refresh_token, client_secret, registration_access_token]
  for (const secret of secrets) t.equal(Buffer.from(secret.slice(-43), 'base64url').length, 32)
  t.equal(new Set(secrets).size, secrets.length)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.2
//# The authorization server SHOULD document the size of any identifier it issues.
//= https://www.rfc-editor.org/rfc/rfc6749#section-5.1
//# The authorization server SHOULD document the size of any value it issues.
t.test('what is issued is as long as the documentation says', async (t) => {
  const [, id, secret, opaqueTokens, ofGrants] =
    /They have (\d+) and (\d+) characters\. Opaque access tokens also have (\d+), codes and\s+refresh tokens (\d+)/.exec(
      readFileSync(new URL('../../../docs/clients/registration.md', import.meta.url), 'utf8'),
    ) ?? []
  const opaque = await createConversation(t, {
    env: { ACCESS_TOKEN_FORMAT: 'opaque' },
    metadata: { token_endpoint_auth_method: 'client_secret_basic' },
  })
  const { code } = await opaque.authorize()
  const issued = (await opaque.exchange(code)).json()
  t.strictSame([opaque.client.client_id.length, opaque.client.client_secret!.length], [Number(id), Number(secret)])
  t.equal(issued.access_token.length, Number(opaqueTokens))
  for (const value of [code, issued.refresh_token]) t.equal(value.length, Number(ofGrants))
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.3
//# Access token credentials (as well as any confidential access token attributes) MUST be kept confidential in transit and storage
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.4
//# Refresh tokens MUST be kept confidential in transit and storage, and shared only among the authorization server and the client to whom the refresh tokens were issued.
t.test('what is kept of a refresh token is its hash', async (t) => {
  const { refresh_token } = await tokens()
  const { grantId } = parseTokenHandle(refresh_token)!
  t.equal(await storage.grants.findRefreshToken(grantId, refresh_token), undefined)
  t.ok(await storage.grants.findRefreshToken(grantId, sha256(refresh_token)))
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.4
//# When client authentication is not possible, the authorization server SHOULD deploy other means to detect refresh token abuse.
t.test('a public client whose refresh token two parties use loses all of its tokens', async (t) => {
  const first = await tokens()
  const second = (await refresh(first.refresh_token)).json<typeof first>()
  clock.now += 60_000
  t.match((await refresh(first.refresh_token)).json(), { error: 'invalid_grant' })
  t.match((await refresh(second.refresh_token)).json(), { error: 'invalid_grant' })
  t.equal((await userinfo(second.access_token)).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.12
//# The authorization server MUST implement CSRF protection for its authorization endpoint and ensure that a malicious client cannot obtain authorization without the awareness and explicit consent of the resource owner.
t.test('no page of others can say yes for a person', async (t) => {
  const asking = await registered({})
  await authorize()
  const consent = pageOf(await person.open(authorizeUrl({}, asking)))
  const elsewhere = await person.submit(consent, { decision: 'allow' }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
  t.match([elsewhere.away, elsewhere.page?.status], [undefined, 403])
  const attacker = createPerson(ISSUER, injectFetch(conversation.app))
  t.equal((await attacker.submit(consent, { decision: 'allow' })).away, undefined, 'nor can another browser')
  t.ok((await person.submit(consent, { decision: 'allow' })).away)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.13
//# For most newer browsers, avoidance of iframes can be enforced by the authorization server using the (non-standard) "x-frame-options" header.
t.test('no page of others can frame a page where a person decides', async (t) => {
  const somebody = createPerson(ISSUER, injectFetch(conversation.app))
  const login = pageOf(await somebody.open(authorizeUrl({}, await registered({}))))
  const consent = pageOf(await somebody.submit(login, ADMIN))
  for (const { headers } of [login, consent]) {
    t.match(headers.get('content-security-policy'), /frame-ancestors 'none'/)
    t.equal(headers.get('x-frame-options'), 'DENY')
  }
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.1
//# The authorization server must consider the security implications of interacting with unauthenticated clients and take measures to limit the potential exposure of other credentials (e.g., refresh tokens) issued to such clients.
t.test('a refresh token that nobody uses ends after a month', async (t) => {
  const { refresh_token } = await tokens()
  clock.now += 30 * 86_400_000
  t.match((await send('/token', { grant_type: 'refresh_token', refresh_token })).json(), { error: 'invalid_grant' })
})
