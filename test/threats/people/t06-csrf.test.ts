/** threat-model.md T6: only our own page, in the browser it was made for, can log in, decide or log out; and nobody frames it. */
import t from 'tap'
import { answerOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { ADMIN } from '#test/support/app.ts'

const FOREIGN: Record<string, Record<string, string>> = {
  'another origin': { origin: 'https://attacker.example' },
  'another port': { origin: 'http://localhost:8001' },
  'another scheme': { origin: 'https://localhost:8000' },
  'an origin that begins as ours': { origin: 'http://localhost:8000.attacker.example' },
  'the origin null': { origin: 'null' },
  'an empty origin': { origin: '' },
  'the origin null, of another site': { origin: 'null', 'sec-fetch-site': 'cross-site' },
  'the origin null, of the address bar': { origin: 'null', 'sec-fetch-site': 'none' },
  'an origin of another site that claims to be the same': { origin: 'https://attacker.example', 'sec-fetch-site': 'same-origin' },
  'another site, without an origin': { 'sec-fetch-site': 'cross-site' },
  'a sister site, without an origin': { 'sec-fetch-site': 'same-site' },
  'the address bar': { 'sec-fetch-site': 'none' },
}

interface Form {
  readonly page: Page
  readonly fields: Record<string, string>
  /** Whether the post had its effect. */
  happened(): Promise<boolean>
}

/** Every form of ours, open in a browser. */
async function forms(flow: Flow): Promise<Record<string, { person: Person; form: Form }>> {
  const visitor = flow.person()
  const login = pageOf(await visitor.open(flow.url()))
  const person = flow.person()
  const consent = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN))
  const asked = async () => whereabouts(await person.open(flow.url())) === 'client'
  flow.clock.now += 1000
  const account = pageOf(await person.open(flow.url({ prompt: 'select_account' })))
  const logout = pageOf(await person.open(`${flow.issuer}/logout`))
  return {
    login: { person: visitor, form: { page: login, fields: ADMIN, happened: async () => visitor.cookies.has('solar-session') } },
    consent: { person, form: { page: consent, fields: { decision: 'allow' }, happened: asked } },
    account: { person, form: { page: account, fields: { decision: 'continue' }, happened: asked } },
    logout: { person, form: { page: logout, fields: {}, happened: async () => !person.cookies.has('solar-session') } },
  }
}

t.test('T6: a form that a foreign page posts is refused, on a page, and nothing happens', async (t) => {
  const flow = await startFlow(t)
  for (const [name, { person, form }] of Object.entries(await forms(flow))) {
    for (const [whence, headers] of Object.entries(FOREIGN)) {
      t.test(`${name} from ${whence}`, async (t) => {
        const refused = pageOf(await person.submit(form.page, form.fields, headers))
        t.equal(refused.status, 403)
        t.match(refused.html, /was not sent by a page of http:\/\/localhost:8000/)
        t.notOk(await form.happened())
      })
    }
  }
})

t.test('T6: a form that our own page posts works, whatever of its origin the browser tells', async (t) => {
  const ours: Record<string, string>[] = [
    { origin: 'http://localhost:8000' },
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    {},
  ]
  for (const headers of ours) {
    const flow = await startFlow(t)
    for (const [name, { person, form }] of Object.entries(await forms(flow))) {
      const arrival = await person.submit(form.page, form.fields, headers)
      t.ok((arrival.page?.status ?? 303) < 400, `${name} with ${JSON.stringify(headers)}`)
    }
  }
})

t.test('T6: a stranger who logs a browser in (login CSRF) lacks its cookie', async (t) => {
  const flow = await startFlow(t)
  const attacker = flow.person()
  const prepared = pageOf(await attacker.open(flow.url()))
  const victim = flow.person()
  await victim.open(flow.url())
  t.equal(pageOf(await victim.submit(prepared, ADMIN)).status, 400)
  t.notOk(victim.cookies.has('solar-session'))
})

t.test('T6: a decision in the address bar decides nothing', async (t) => {
  const flow = await startFlow(t)
  const { consent, logout } = await forms(flow)
  const { person, form } = consent!
  const query = new URLSearchParams({ ...form.page.form!.fields, decision: 'allow' }).toString()
  t.equal(pageOf(await person.open(`${flow.issuer}/consent?${query}`)).status, 405)
  t.equal(whereabouts(await person.open(`${flow.issuer}/authorize?${query}`)), 'consent')
  await person.open(`${flow.issuer}/logout?${new URLSearchParams(logout!.form.page.form!.fields).toString()}`)
  t.match(answerOf(await person.open(flow.url({ prompt: 'none' }))), { error: 'consent_required' }, 'still logged in')
})

t.test('T6: a foreign page that asks for a logout, by link or by form, gets the person asked and nothing else', async (t) => {
  const flow = await startFlow(t)
  const { person, form } = (await forms(flow))['logout']!
  for (const [whence, headers] of Object.entries(FOREIGN)) {
    const { token: _, ...fields } = form.page.form!.fields
    const asked = await person.submit({ ...form.page, form: { action: '/logout', fields } }, { client_id: flow.clientId }, headers)
    t.equal(whereabouts(asked), 'logout', whence)
    t.notOk(await form.happened())
  }
})

t.test('T6: no page of ours can be framed', async (t) => {
  const flow = await startFlow(t)
  const opened = await forms(flow)
  const lost = pageOf(await flow.person().open(flow.url({ client_id: 'lost' })))
  const post = pageOf(await flow.person().open(flow.url({ prompt: 'none', response_mode: 'form_post' })))
  for (const page of [...Object.values(opened).map(({ form }) => form.page), lost, post]) {
    t.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/, page.url)
    t.equal(page.headers.get('x-frame-options'), 'DENY')
    t.equal(page.headers.get('referrer-policy'), 'same-origin')
    t.equal(page.headers.get('access-control-allow-origin'), null)
  }
})
