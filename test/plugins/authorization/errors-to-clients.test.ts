// RFC 9700 section 4.11.2: this server must not lead people to addresses that only their client vouches for.
import t from 'tap'
import { ADMIN } from '#test/support/app.ts'
import { HTTPS, LOOPBACK, answerOf, pageOf, startFlow, textOf, wayBackOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow, Parameters } from '#test/support/authorization.ts'

const PHISH = 'https://evil.example/phish'
/** Requests that are refused no matter who the person is. */
const FAULTY: Record<string, { changes: Parameters; error: string }> = {
  'without PKCE': { changes: { code_challenge: undefined, code_challenge_method: undefined }, error: 'invalid_request' },
  'of another response type': { changes: { response_type: 'token' }, error: 'unsupported_response_type' },
  'with a broken resource': { changes: { resource: 'not a URI' }, error: 'invalid_target' },
  'with a repeated parameter': { changes: { nonce: ['one', 'two'] }, error: 'invalid_request' },
  'that is silent and faulty': { changes: { prompt: 'none', response_type: 'token' }, error: 'unsupported_response_type' },
}

/** Makes the client one that an operator registered, which no request can do. */
async function trust({ storage }: Flow, clientId: string): Promise<string> {
  const client = (await storage.clients.find(clientId))!
  await storage.clients.insert({ ...client, id: 'client_of_the_operator', origin: 'operator' } as typeof client)
  return 'client_of_the_operator'
}

for (const [how, { changes, error }] of Object.entries(FAULTY)) {
  t.test(`a request ${how} leads nobody to a client that only registered itself`, async (t) => {
    const flow = await startFlow(t, {}, { redirect_uris: [PHISH] })
    const url = flow.url({ redirect_uri: PHISH, ...changes })
    const page = pageOf(await flow.person().open(url))
    t.equal(page.status, 400)
    t.match(page.html, error)
    const wayBack = wayBackOf(page)
    t.equal(wayBack?.origin, 'https://evil.example')
    t.match(
      Object.fromEntries(wayBack!.searchParams),
      { error, state: 'the state', iss: flow.issuer },
      'the client learns of it by the link',
    )
    t.match(textOf(page.html), 'Return to evil.example')
    const json = await flow.send(url, { headers: { accept: 'application/json' }, redirect: 'manual' })
    t.equal(json.status, 400)
    t.match(await json.json(), { error })
  })
  t.test(`a request ${how} is answered to a client that an operator registered, or that this person allowed`, async (t) => {
    const flow = await startFlow(t)
    const trusted = await trust(flow, flow.clientId)
    t.match(answerOf(await flow.person().open(flow.url({ client_id: trusted, ...changes }))), { error, state: 'the state' })
    const person = flow.person()
    await person.authorize(flow.url())
    t.match(answerOf(await person.open(flow.url(changes))), { error })
    t.equal(whereabouts(await flow.person().open(flow.url(changes))), 'error', 'but not for somebody else')
  })
}

t.test('an error in mode form_post waits for a click, too', async (t) => {
  const flow = await startFlow(t, {}, { redirect_uris: [PHISH] })
  const page = pageOf(await flow.person().open(flow.url({ redirect_uri: PHISH, response_mode: 'form_post', response_type: 'token' })))
  t.equal(whereabouts({ page }), 'error')
  t.match(page.form, { action: PHISH, fields: { error: 'unsupported_response_type', state: 'the state', iss: flow.issuer } })
  t.notMatch(page.html, '<script')
})

t.test('an allowance for one address of a client is none for an error to another', async (t) => {
  const flow = await startFlow(t, {}, { redirect_uris: [HTTPS, PHISH] })
  const person = flow.person()
  await person.authorize(flow.url())
  t.equal(whereabouts(await person.open(flow.url({ redirect_uri: PHISH, response_type: 'token' }))), 'error')
  t.equal(whereabouts(await person.open(flow.url({ response_type: 'token' }))), 'client')
})

t.test('a program on this computer that was allowed before hears of its errors on any port', async (t) => {
  const flow = await startFlow(t, {}, { redirect_uris: [LOOPBACK] })
  const person = flow.person()
  t.equal(whereabouts(await person.open(flow.url({ redirect_uri: LOOPBACK, response_type: 'token' }))), 'error')
  await person.authorize(flow.url({ redirect_uri: LOOPBACK }))
  const elsewhere = LOOPBACK.replace('33418', '4711')
  t.match(answerOf(await person.open(flow.url({ redirect_uri: elsewhere, response_type: 'token' }))), {
    error: 'unsupported_response_type',
  })
})

t.test('a silent request is answered without a page, and a denial that the person clicked is', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  t.match(answerOf(await person.open(flow.url({ prompt: 'none' }))), { error: 'login_required' })
  const consent = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN))
  t.match(answerOf(await person.submit(consent, { decision: 'deny' })), { error: 'access_denied', state: 'the state' })
})

t.test('a request of 3 KB grows into no header on its way through the pages', async (t) => {
  const flow = await startFlow(t)
  const long = { state: 's'.repeat(1300), nonce: 'n'.repeat(1300) }
  const person = flow.person()
  const login = pageOf(await person.open(flow.url(long)))
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const response = await flow.send(`${flow.issuer}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: flow.issuer, cookie, accept: 'text/html' },
    body: new URLSearchParams({ ...login.form!.fields, ...ADMIN }).toString(),
  })
  t.equal(response.status, 200, 'the next page comes at once')
  t.ok([...response.headers].join().length < 2000)
  t.match(answerOf({ away: await flow.person().authorize(flow.url(long)) }), { code: /./, state: long.state })
})

t.test('a person whose session ended meanwhile may still say no', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const consent = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN))
  person.cookies.delete('solar-session')
  t.match(answerOf(await person.submit(consent, { decision: 'deny' })), { error: 'access_denied' })
})

t.test('a hint at another person ends on a page after the login, with the way back', async (t) => {
  const flow = await startFlow(t)
  const claims = JSON.stringify({ id_token: { sub: { value: 'somebody else' } } })
  const person = flow.person()
  const page = pageOf(await person.submit(pageOf(await person.open(flow.url({ claims }))), ADMIN))
  t.equal(whereabouts({ page }), 'error')
  t.equal(wayBackOf(page)?.searchParams.get('error'), 'login_required')
})

t.test('somebody who cancels at the login page gets back to the app, by a click more where nobody allowed it yet', async (t) => {
  const flow = await startFlow(t)
  const stranger = flow.person()
  const cancelled = pageOf(await stranger.submit(pageOf(await stranger.open(flow.url())), { decision: 'cancel' }))
  t.equal(wayBackOf(cancelled)?.searchParams.get('error'), 'access_denied')
  const trusted = await trust(flow, flow.clientId)
  const person = flow.person()
  const login = pageOf(await person.open(flow.url({ client_id: trusted })))
  t.match(login.html, /<button[^>]*value="cancel"[^>]*formnovalidate/)
  t.match(answerOf(await person.submit(login, { decision: 'cancel', username: '', password: '' })), {
    error: 'access_denied',
    state: 'the state',
  })
  t.notMatch(pageOf(await person.open(`${flow.issuer}/device`)).html, 'value="cancel"', 'a device waits for nobody')
})
