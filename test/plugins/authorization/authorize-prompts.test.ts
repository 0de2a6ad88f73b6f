import t from 'tap'
import { HTTPS, LOOPBACK, answerOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import { isInShare } from '#test/support/size.ts'

/** Opens the address, answers every page, and tells which pages there were. */
async function walk(flow: Flow, person: ReturnType<Flow['person']>, url: string): Promise<string[]> {
  const seen: string[] = []
  for (let arrival = await person.open(url); ;) {
    const place = whereabouts(arrival)
    if (arrival.away !== undefined) return [...seen, arrival.away.searchParams.get('error') ?? 'code']
    seen.push(place)
    if (seen.length > 4) return [...seen, 'endless']
    flow.clock.now += 1000
    const answers: Record<string, Record<string, string>> = {
      login: ADMIN,
      account: { decision: 'continue' },
      consent: { decision: 'allow' },
    }
    arrival = await person.submit(arrival.page, answers[place]!)
  }
}

t.test('every prompt, session, consent and redirect URI ends, after just the pages that it needs', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_REGISTER: 'off' })
  const prompts = [
    undefined,
    '',
    'none',
    'login',
    'consent',
    'select_account',
    'login consent',
    'login select_account',
    'consent select_account',
    'unknown',
  ]
  const cases = prompts.flatMap((prompt) =>
    [undefined, '0', '100000'].flatMap((maxAge) =>
      [false, true].flatMap((loggedIn) =>
        [false, true].flatMap((consented) => [HTTPS, LOOPBACK].map((redirect) => ({ prompt, maxAge, loggedIn, consented, redirect }))),
      ),
    ),
  )
  for (const { prompt, maxAge, loggedIn, consented, redirect } of cases.filter((_case, index) => isInShare(index))) {
    const asked = new Set((prompt ?? '').split(' '))
    const login = !loggedIn || asked.has('login') || maxAge === '0'
    const consent = asked.has('consent') || !consented || redirect !== HTTPS
    const expected = asked.has('none')
      ? [!loggedIn ? 'login_required' : consent ? 'consent_required' : login ? 'login_required' : 'code']
      : [...(login ? ['login'] : asked.has('select_account') ? ['account'] : []), ...(consent ? ['consent'] : []), 'code']

    const client = await flow.register({ redirect_uris: [HTTPS, LOOPBACK] })
    const person = flow.person()
    if (loggedIn || consented) await walk(flow, person, flow.url({ client_id: consented ? client : flow.clientId }))
    if (!loggedIn) person.cookies.clear()
    flow.clock.now += 1000
    const url = flow.url({ client_id: client, redirect_uri: redirect, prompt, max_age: maxAge })
    t.strictSame(
      await walk(flow, person, url),
      expected,
      `prompt ${prompt}, max_age ${maxAge}, ${loggedIn ? '' : 'not '}logged in, ${consented ? '' : 'not '}consented, ${redirect}`,
    )
  }
})

t.test('a session older than max_age needs a login, a younger one does not', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  await person.authorize(flow.url())
  flow.clock.now += 60_000
  t.equal(whereabouts(await person.open(flow.url({ max_age: '60' }))), 'client')
  flow.clock.now += 1
  t.equal(whereabouts(await person.open(flow.url({ max_age: '60' }))), 'login')
  t.match(answerOf(await person.open(flow.url({ max_age: '60', prompt: 'none' }))), { error: 'login_required' })
})

t.test('a client that registered default_max_age need not send it', async (t) => {
  const flow = await startFlow(t, {}, { default_max_age: 60 })
  const person = flow.person()
  await person.authorize(flow.url())
  t.equal(whereabouts(await person.open(flow.url())), 'client')
  flow.clock.now += 61_000
  t.equal(whereabouts(await person.open(flow.url())), 'login')
  t.equal(whereabouts(await person.open(flow.url({ max_age: '600' }))), 'client', 'the parameter counts first')
})
