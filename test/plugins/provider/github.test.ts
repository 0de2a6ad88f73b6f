// People log in by GitHub, as its documents say that it answers.
import t from 'tap'
import type { Test } from 'tap'
import { startFlow } from '#test/support/authorization.ts'
import { GITHUB_ENV, createGithub } from '#test/support/providers/github.ts'
import { pressProvider } from '#test/support/providers/provider-flow.ts'

async function start(t: Test, admit: string) {
  const github = createGithub()
  const env = { ...GITHUB_ENV, ADMIT: admit, RATE_LIMIT_LOGIN: 'off', PROVIDER_GRACE: '1h' }
  const flow = await startFlow(t, env, {}, undefined, { providerFetch: { fetch: github.fetch } })
  let browser = flow.person()
  const come = async (more?: Record<string, string>) => {
    browser = flow.person()
    const { page } = await browser.open(flow.url())
    const { away } = await pressProvider(browser, page!, 'github')
    return (await browser.open(github.visit(away!, more))).page!
  }
  const pass = async (ms: number) => {
    for (const end = flow.clock.now + ms; flow.clock.now < end;) {
      flow.clock.now += 60_000
      await browser.open(flow.url()) // it is in use
      while ((await flow.app.checkIdentities()) > 0);
    }
  }
  const user = async () => (await flow.storage.users.list()).find(({ origin }) => origin === 'provider')
  return { ...flow, github, come, pass, user }
}

t.test('somebody comes in by an organization, a team or the primary address; the number is what is known', async (t) => {
  for (const rule of ['github:org=acme', 'github:team=acme/ops', 'octocat@acme.example']) {
    const { come, user, storage } = await start(t, rule)
    t.match((await come()).html, /page-consent/, rule)
    t.match(await user(), { email: 'octocat@acme.example', profile: { name: 'The Octocat' } })
    t.match(await storage.identities.listOf((await user())!.id), [
      { subject: '583231', claims: { organizations: ['acme'], teams: ['acme/ops'] } },
    ])
  }
})

t.test('an address that is not the primary one, or not verified, admits nobody', async (t) => {
  const { come, github } = await start(t, '@acme.example')
  for (const emails of [
    [],
    [{ email: 'a@acme.example', verified: true, primary: false }],
    [{ email: 'a@acme.example', verified: false, primary: true }],
  ]) {
    github.emails = emails
    t.equal((await come()).status, 403)
  }
})

t.test(
  'a person who leaves the organization loses access, and one who takes the token back, too; a 404 is forgiven for a while',
  async (t) => {
    const left = await start(t, 'github:org=acme')
    await left.come()
    left.github.organizations = []
    await left.pass(10 * 60_000)
    t.match(await left.user(), { disabledAt: Number })
    t.equal((await left.come()).status, 403)
    left.github.organizations = [{ login: 'Acme' }]
    t.match((await left.come()).html, /page-consent/, 'and comes in again with it')

    const revoked = await start(t, 'github:org=acme')
    await revoked.come()
    revoked.github.isRevoked = true
    await revoked.pass(10 * 60_000)
    t.match(await revoked.user(), { disabledAt: Number })

    const broken = await start(t, 'github:org=acme')
    await broken.come()
    broken.github.answer = ({ pathname }) => (pathname === '/user/teams' ? Response.json({ message: 'no' }, { status: 403 }) : undefined)
    await broken.pass(10 * 60_000)
    t.match(await broken.user(), { disabledAt: undefined })
  },
)

t.test('organizations are read page by page, up to a bound', async (t) => {
  const { come, github } = await start(t, 'github:org=last')
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ login: `org-${index}` }))
  github.organizations = [...many(150), { login: 'last' }]
  t.match((await come()).html, /page-consent/)
  github.organizations = [...many(500), { login: 'last' }]
  t.equal((await come()).status, 403)
  t.equal(github.requests.filter((each) => each.endsWith('/user/orgs')).length, 2 + 5)
})

t.test('what GitHub says wrong lets nobody in, and is said in words', async (t) => {
  const { come, github, storage } = await start(t, 'github:org=acme')
  t.match(await come({ code: '', error: 'access_denied', error_description: '<b>no</b>' }), { status: 403, html: /did not sign you in/ })
  t.equal((await come({ code: '', error: 'redirect_uri_mismatch' })).status, 502)
  t.equal((await come({ code: '' })).status, 502)
  t.equal((await come({ code: 'of somebody else' })).status, 502)
  const at = (path: string, response: () => Response) =>
    (github.answer = ({ pathname }: URL) => (pathname === path ? response() : undefined))
  for (const [path, response, status] of [
    ['/login/oauth/access_token', () => new Response('<html>', { status: 404 }), 502],
    ['/login/oauth/access_token', () => Response.json({ error: 'incorrect_client_credentials' }), 502],
    ['/login/oauth/access_token', () => new Response('', { status: 500 }), 502],
    ['/user', () => Response.json([]), 502],
    ['/user', () => Response.json({ login: 'octocat' }), 502],
    ['/user', () => new Response('<html>'), 502],
    ['/user/orgs', () => Response.json({ message: 'no list' }), 502],
  ] as const) {
    at(path, response)
    t.equal((await come()).status, status, path)
  }
  t.same(
    (await storage.users.list()).filter(({ origin }) => origin === 'provider'),
    [],
  )
})
