// threat-model.md T18: somebody who has an account can't fill the database by codes that no page asks about.
import t from 'tap'
import { addUser, answerOf, startFlow } from '#test/support/authorization.ts'

t.test('T18: a user gets so many codes in a minute, and others are not concerned', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_TOKEN: '50/1m' })
  await addUser(flow, 'helen', 'right')
  const [person, helen] = [flow.person(), flow.person()]
  t.ok((await person.authorize(flow.url())).searchParams.get('code'))
  const silent = async () => answerOf(await person.open(flow.url({ prompt: 'none', nonce: 'n'.repeat(2048) })))
  for (let i = 0; i < 4; i++) t.ok((await silent())['code'], `code ${i}`)
  t.match(await silent(), { error: 'temporarily_unavailable', state: 'the state', iss: flow.issuer })
  t.ok((await helen.authorize(flow.url(), { username: 'helen', password: 'right' })).searchParams.get('code'))
  flow.clock.now += 60_000
  t.ok((await silent())['code'], 'in the next minute')
})

t.test('T18: what is stored with a code has an end', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_TOKEN: 'off' })
  const answer = answerOf(await flow.person().open(flow.url({ nonce: 'n'.repeat(2049) })))
  t.match(answer, { error: 'invalid_request', error_description: 'nonce is too long' })
})

t.test('hints that are too long to be of use are ignored', async (t) => {
  const flow = await startFlow(t)
  const hints = {
    login_hint: 'x'.repeat(900),
    ui_locales: `${'xx '.repeat(300)}ko`,
    acr_values: 'y '.repeat(900),
    display: 'z'.repeat(100),
  }
  for (const [name, value] of Object.entries(hints)) {
    const arrival = await flow.person().open(flow.url({ [name]: value, claims_locales: 'x'.repeat(300) }))
    t.equal(arrival.page?.status, 200, name)
    t.notMatch(arrival.page?.html, /x{257}/, name)
  }
})
