// A pairwise client can't learn by what name others know a user: not by another registration, a device, a session or a logout.
import { decodeJwt } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { DEVICE, createDeviceConversation } from '#test/support/clients/devices.ts'
import { receiveLogouts } from '#test/support/clients/logout-receiver.ts'
import { registerManaged } from '#test/support/clients/management.ts'
import { pageOf, whereabouts } from '#test/support/authorization.ts'

const VICTIM = 'https://victim.example/callback'
const PAIRWISE = { subject_type: 'pairwise' }

type Conversation = Awaited<ReturnType<typeof createConversation>>

const idOfUser = async ({ storage }: Conversation) => (await storage.users.findAdministrator())!.id

async function tokensOf(conversation: Conversation, as: Registered, redirect_uri = CALLBACK): Promise<Tokens> {
  const { code } = await conversation.authorize({ redirect_uri }, undefined, as)
  return (await conversation.exchange(code, { redirect_uri }, as)).json<Tokens>()
}

/** Every subject that a client learns from now on. */
async function subjects({ app, send }: Conversation, as: Registered, { refresh_token }: Tokens): Promise<unknown[]> {
  const before = (await send('/introspect', { token: refresh_token }, as)).json<{ sub: string }>()
  const tokens = (await send('/token', { grant_type: 'refresh_token', refresh_token }, as)).json<Tokens>()
  const after = (await send('/introspect', { token: tokens.access_token }, as)).json<{ sub: string }>()
  const info = await app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${tokens.access_token}` } })
  const own = tokens.access_token.includes('.') ? [decodeJwt(tokens.access_token)] : []
  return [before, decodeJwt(tokens.id_token), ...own, after, info.json<{ sub: string }>()].map(({ sub }) => sub)
}

//= https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
//# its sub Claim Value MUST be the same as in the ID Token issued when the original authentication occurred
t.test('a client that changes its registration goes on with the subject of its grant', async (t) => {
  for (const ACCESS_TOKEN_FORMAT of ['jwt', 'opaque']) {
    const conversation = await createConversation(t, { env: { ACCESS_TOKEN_FORMAT } })
    const victim = (await conversation.register({ redirect_uris: [VICTIM], ...PAIRWISE })).json<Registered>()
    const theirs = decodeJwt((await tokensOf(conversation, victim, VICTIM)).id_token).sub
    for (const [what, from, to] of [
      ['into the sector of another', PAIRWISE, { ...PAIRWISE, redirect_uris: [VICTIM] }],
      ['to the subject that all see', PAIRWISE, { subject_type: 'public' }],
      ['from there to a pairwise one', {}, { ...PAIRWISE, redirect_uris: [VICTIM] }],
    ] as const) {
      const client = await registerManaged(conversation.app, from)
      const as = client.information as Registered
      const tokens = await tokensOf(conversation, as)
      const own = decodeJwt(tokens.id_token).sub
      t.not(own, theirs, what)
      t.equal((await client.update(to)).statusCode, 200)
      t.strictSame([...new Set(await subjects(conversation, as, tokens))], [own], `${what}, ${ACCESS_TOKEN_FORMAT}`)
    }
  }
})

t.test('nor does a consent that was given to a pairwise client bring the public subject silently', async (t) => {
  const conversation = await createConversation(t)
  const client = await registerManaged(conversation.app, PAIRWISE)
  const as = client.information as Registered
  const silently = async () => {
    const answer = await conversation.person.open(conversation.authorizeUrl({ scope: 'openid', prompt: 'none' }, as))
    return answer.away?.searchParams.get('error') ?? whereabouts(answer)
  }
  await tokensOf(conversation, as)
  t.equal(await silently(), 'client')
  await client.update({ subject_type: 'public' })
  t.match(await silently(), /consent_required|error/)
})

t.test('a device client gets a subject of its own, whatever redirect URIs it names', async (t) => {
  const conversation = await createDeviceConversation(t)
  const victim = (await conversation.register({ redirect_uris: [VICTIM], ...PAIRWISE })).json<Registered>()
  const theirs = decodeJwt((await tokensOf(conversation, victim, VICTIM)).id_token).sub
  const connect = async (t: Test, metadata: object) => {
    const as = (
      await conversation.register({ ...DEVICE, redirect_uris: [VICTIM], token_endpoint_auth_method: 'none', ...metadata })
    ).json<Registered>()
    const asked = await conversation.ask({ scope: 'openid' }, as)
    await conversation.decide('allow', asked.user_code)
    const tokens = await conversation.outcome(asked, {}, as)
    const { sub } = decodeJwt(tokens.id_token)
    t.equal(decodeJwt(tokens.access_token).sub, sub)
    const { refresh_token } = tokens
    const refreshed = (await conversation.send('/token', { grant_type: 'refresh_token', refresh_token }, as)).json<Tokens>()
    t.equal(decodeJwt(refreshed.id_token).sub, sub)
    return sub
  }
  const [one, other] = [await connect(t, PAIRWISE), await connect(t, { ...PAIRWISE, client_name: 'Another' })]
  t.equal(new Set([one, other, theirs, await idOfUser(conversation)]).size, 4)
  t.equal(await connect(t, {}), await idOfUser(conversation), 'a public one gets the subject that all see')
})

t.test('pairwise clients of one session know it by different ids, and are told of its end by those', async (t) => {
  const receiver = await receiveLogouts(t)
  const conversation = await createConversation(t, { safeFetch: receiver })
  const { app, person, config } = conversation
  const register = (more: object) => registerManaged(app, { backchannel_logout_uri: receiver.uri, ...more })
  const clients = [await register(PAIRWISE), await register({ ...PAIRWISE, client_name: 'Another' }), await register({})]
  const known: { aud: unknown; sub: unknown; sid: unknown }[] = []
  for (const { information } of clients) {
    const tokens = await tokensOf(conversation, information as Registered)
    const { sub, sid } = decodeJwt(tokens.id_token)
    const { refresh_token } = tokens
    const refreshed = (
      await conversation.send('/token', { grant_type: 'refresh_token', refresh_token }, information as Registered)
    ).json<Tokens>()
    t.equal(decodeJwt(refreshed.id_token)['sid'], sid, 'the same after a refresh')
    known.push({ aud: information.client_id, sub, sid })
  }
  t.equal(new Set(known.map(({ sid }) => sid)).size, 3)

  t.test('also after they became something else', async (t) => {
    await clients[0]!.update({ subject_type: 'public', backchannel_logout_uri: receiver.uri })
    await person.submit(pageOf(await person.open(`${config.issuer}/logout`)), {})
    const told = receiver.received.map(({ form }) => decodeJwt(form.get('logout_token')!)).map(({ aud, sub, sid }) => ({ aud, sub, sid }))
    const byClient = (a: { aud?: unknown }, b: { aud?: unknown }) => String(a.aud).localeCompare(String(b.aud))
    t.strictSame(told.sort(byClient), known.sort(byClient))
  })
})
