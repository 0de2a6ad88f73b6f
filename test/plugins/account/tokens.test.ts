// Tokens for one's own scripts, on the page.
import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { openAccount, post } from '#test/support/people/account.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { addPersonalToken, addResource } from '#test/support/people/personal-tokens.ts'

const ADA = { username: 'ada', password: 'engine' }
const EVE = { username: 'eve', password: 'apple' }

async function scene(t: Parameters<typeof startFlow>[0], env: Record<string, string> = { PERSONAL_TOKENS: 'on' }) {
  const flow = await startFlow(t, env)
  const id = await addUser(flow, ADA.username, ADA.password)
  await addUser(flow, EVE.username, EVE.password)
  const person = flow.person()
  const tokens = async () =>
    (await flow.storage.personalTokens.list({ userId: id, now: flow.clock.now, limit: 100 })).map(({ token }) => token)
  return { flow, id, person, tokens }
}

t.test('a person makes a token, sees it once, and revokes it', async (t) => {
  const { flow, person, tokens } = await scene(t)
  const resource = await addResource(flow)
  const form = await openAccount(flow, person, ADA, '/account/tokens')
  t.match(textOf(form.html), /For Observatory https:\/\/sky\.example\/mcp .*Read the sky Move the telescope Know that it's you/)
  t.match(form.html, /id="days90"[^>]* checked/)
  const made = pageOf(
    await post(person, form, '/account/tokens', { resource: resource.id, name: ' nightly  backup ', days: '30', scope: 'sky:read' }),
  )
  t.equal(made.headers.get('cache-control'), 'no-store')
  const [text = ''] = /ssp_[0-9A-Za-z]{49}/.exec(made.html) ?? []
  const [kept, ...more] = await tokens()
  t.strictSame(more, [])
  t.match(kept, { name: 'nightly backup', tokenHash: sha256(text), resourceId: resource.id, scopes: ['sky:read'] })
  t.equal(kept!.expiresAt, flow.clock.now + 30 * 86_400_000)
  const page = pageOf(await person.open(`${flow.issuer}/account`))
  t.match(textOf(page.html), /nightly backup https:\/\/sky\.example\/mcp Read the sky Since .* Last used Never Revoke/)
  t.notMatch(page.html, /ssp_/)
  t.match(textOf(page.html), /A token for a script was created/)
  const events = await flow.storage.auditEvents.list({ since: 0, limit: 1 })
  t.match(events, [{ name: 'personal_token.created', actor: 'user ada', details: { token: 'nightly backup', scope: 'sky:read' } }])
  t.notOk(JSON.stringify(events).includes(text) || JSON.stringify(events).includes(kept!.tokenHash))
  const data = pageOf(await person.open(`${flow.issuer}/account/data`))
  t.match(JSON.parse(data.html), { personal_tokens: [{ name: 'nightly backup', scopes: ['sky:read'] }] })
  t.notOk(data.html.includes(kept!.tokenHash))
  await flow.storage.personalTokens.touch(kept!.id, flow.clock.now)
  t.notMatch(textOf(pageOf(await person.open(`${flow.issuer}/account`)).html), /Never/)
  t.match(JSON.parse(pageOf(await person.open(`${flow.issuer}/account/data`)).html), { personal_tokens: [{ last_used_at: String }] })
  const end = (who: typeof person, from: typeof page) => post(who, from, '/account/tokens/end', { id: kept!.id })
  const eve = flow.person()
  t.match(textOf(pageOf(await end(eve, await openAccount(flow, eve, EVE))).html), /There was nothing to end/, 'somebody else (T24)')
  t.match(textOf(pageOf(await end(person, page)).html), /The token is revoked/)
  t.match(textOf(pageOf(await end(person, page)).html), /There was nothing to end/)
  t.strictSame(await tokens(), [])
})

t.test('of several servers a person chooses one first', async (t) => {
  const { flow, person, tokens } = await scene(t)
  const choice = async () => textOf((await openAccount(flow, person, ADA, '/account/tokens')).html)
  t.match(await choice(), /No server here accepts such tokens/)
  await addResource(flow, { id: 'resource_no', identifier: 'https://no.example/', refusesPersonalTokens: true })
  t.match(await choice(), /No server here accepts such tokens/)
  await addResource(flow)
  const open = await addResource(flow, { id: 'resource_sea', identifier: 'https://sea.example/', name: 'Sea', scopes: [] })
  t.match(await choice(), /What is it for\? Sea .* Observatory/)
  const form = pageOf(await person.open(`${flow.issuer}/account/tokens?resource=${open.id}`))
  t.match(textOf(form.html), /For Sea/)
  t.match(textOf(pageOf(await person.open(`${flow.issuer}/account/tokens?resource=nothing`)).html), /What is it for\?/)
  t.equal(whereabouts(await post(person, form, '/account/tokens', { resource: open.id, name: 'x', days: '7' })), 'my-token')
  t.equal(whereabouts(await post(person, form, '/account/tokens', { resource: 'nothing', name: 'x', days: '7' })), 'my-tokens')
  t.equal((await tokens()).length, 1)
})

t.test('what a token can not be is refused with a sentence', async (t) => {
  const { flow, id, person, tokens } = await scene(t, { PERSONAL_TOKENS: 'on', PERSONAL_TOKEN_MAX_TTL: '60d' })
  const resource = await addResource(flow)
  const form = await openAccount(flow, person, ADA, '/account/tokens')
  t.notMatch(form.html, 'days90')
  const good = { resource: resource.id, name: 'backup', days: '30', scope: 'sky:read' }
  const { scope: _none, ...without } = good
  for (const [fields, sentence] of [
    [{ ...good, name: ' ' }, /Give the token a name/],
    [without, /Tick what the token may do/],
    [{ ...good, scope: 'sky:destroy' }, /Tick what the token may do/],
    [{ ...good, scope: 'offline_access' }, /Tick what the token may do/],
    [{ ...good, days: '90' }, /Choose how long/],
    [{ ...good, days: 'ever' }, /Choose how long/],
  ] as const) {
    const answer = pageOf(await post(person, form, '/account/tokens', fields))
    t.equal(answer.status, 400)
    t.match(textOf(answer.html), sentence)
  }
  const refusing = await addResource(flow, { id: 'resource_no', identifier: 'https://no.example/', refusesPersonalTokens: true })
  t.match(
    textOf(pageOf(await post(person, form, '/account/tokens', { ...good, resource: refusing.id })).html),
    /doesn't accept such tokens/,
  )
  t.strictSame(await tokens(), [])
  for (let i = 0; i < 50; i++) await addPersonalToken(flow, id, resource)
  t.match(textOf(pageOf(await post(person, form, '/account/tokens', good)).html), /very many tokens/)
  t.equal((await tokens()).length, 50)
})

t.test('a token is made only after a recent login', async (t) => {
  const { flow, person, tokens } = await scene(t)
  const resource = await addResource(flow)
  const form = await openAccount(flow, person, ADA, '/account/tokens')
  flow.clock.now += 11 * 60_000
  const good = { resource: resource.id, name: 'backup', days: '30', scope: 'sky:read' }
  t.equal(whereabouts(await post(person, form, '/account/tokens', good)), 'login')
  t.equal(whereabouts(await person.open(`${flow.issuer}/account/tokens`)), 'login')
  t.equal(whereabouts(await post(flow.person(), form, '/account/tokens/end', { id: 'x' })), 'login')
  t.strictSame(await tokens(), [])
})

t.test('where the operator does not want them, nobody makes tokens', async (t) => {
  const { flow, person } = await scene(t, {})
  t.notMatch((await openAccount(flow, person, ADA)).html, '/account/tokens')
  t.equal(pageOf(await person.open(`${flow.issuer}/account/tokens`)).status, 404)
})
