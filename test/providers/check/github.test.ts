import t from 'tap'
import { checkProvider } from '#src/providers/check/check-provider.ts'
import type { Connection } from '#src/providers/provider-client.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const GITHUB: Connection = {
  ...{ name: 'github', kind: 'github', issuer: 'https://github.com', clientId: 'Iv1', clientSecret: 'a secret' },
  redirectUri: 'https://auth.example.com/login/github/callback',
  settings: { domains: [], follow: true },
}
const api = () => Response.json({ current_user_url: 'https://api.github.com/user' }, { headers: { date: new Date(NOW).toUTCString() } })

/** @param token what the token endpoint answers */
async function check(token: () => Response, { issuer = GITHUB.issuer, interface: answer = api } = {}) {
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(String(input))
    return String(input).endsWith('/access_token') ? token() : answer()
  }
  const found = await checkProvider({ ...GITHUB, issuer }, () => NOW, { fetch })
  return { asked, found, of: (name: string) => found.find(({ about }) => about === name) }
}
const refuse = (error: string) => () => Response.json({ error })

t.test('GitHub says of a code that was never issued whether it knows client, secret and redirect URI', async (t) => {
  const fine = await check(refuse('bad_verification_code'))
  t.match(fine.of('issuer'), { verdict: 'right' })
  t.match(fine.of('clock'), { verdict: 'right' })
  t.match(fine.of('client'), { verdict: 'right' })
  t.match(fine.of('redirect URI'), { verdict: 'open', cure: /--login tries it/ })
  t.match(fine.of('scopes'), { verdict: 'open', text: /restricts OAuth apps/ })
  t.strictSame(fine.asked, ['https://api.github.com/', 'https://github.com/login/oauth/access_token'])
  const mismatch = await check(refuse('redirect_uri_mismatch'))
  t.match(mismatch.of('redirect URI'), { verdict: 'wrong', text: /login\/github\/callback/ })
  t.match(mismatch.of('client'), { verdict: 'right' })
  t.match((await check(refuse('incorrect_client_credentials'))).of('client'), { verdict: 'wrong', cure: /generate a new client secret/ })
  t.match((await check(() => new Response('Not Found', { status: 404 }))).of('client'), { verdict: 'wrong', text: /client id Iv1/ })
  t.match((await check(refuse('something new'))).of('client'), { verdict: 'open', text: /answers 200 something new/ })
  t.match((await check(() => new Response('', { status: 500 }))).of('client'), { verdict: 'wrong', text: /answered 500/ })
})

t.test('an enterprise server has its interface elsewhere, and what is none is said to be none', async (t) => {
  const issuer = 'https://github.acme.example'
  t.equal((await check(refuse('bad_verification_code'), { issuer })).asked[0], 'https://github.acme.example/api/v3/')
  const page = await check(refuse('bad_verification_code'), { issuer, interface: () => new Response('<html>', { status: 404 }) })
  t.match(page.of('issuer'), { verdict: 'wrong', text: /api\/v3 is not GitHub's interface: it answers 404/ })
  t.match(page.of('client'), { verdict: 'open' })
  t.equal(page.asked.length, 1, 'no secret goes there')
  const down = await check(refuse(''), { interface: () => new Response('', { status: 503 }) })
  t.match(down.of('issuer'), { verdict: 'wrong', text: /answered 503/ })
})
