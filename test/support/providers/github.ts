/** GitHub without a socket, which answers as its documents show (docs.github.com, REST API version 2022-11-28). */
import { createHash } from 'node:crypto'

export const GITHUB_ENV = { GITHUB_CLIENT_ID: 'Iv1.8a61f9b3a7aba766', GITHUB_CLIENT_SECRET: 'a secret of GitHub' }

export interface TestGithub {
  readonly fetch: typeof fetch
  readonly requests: string[]
  user: Record<string, unknown>
  emails: unknown
  organizations: unknown[]
  teams: unknown[]
  /** Whether the token is still good. */
  isRevoked: boolean
  /** Answers a request before GitHub does. */
  answer?: ((url: URL) => Response | undefined) | undefined
  /** Where the browser comes back. */
  visit(url: URL, more?: Record<string, string>): URL
}

export function createGithub(): TestGithub {
  const challenges = new Map<string, string>()
  const redirects = new Map<string, string>()
  const TOKEN = 'gho_16C7e42F292c6912E7710c838347Ae178B4a'
  const github: TestGithub = {
    requests: [],
    user: { login: 'octocat', id: 583231, avatar_url: 'https://avatars.githubusercontent.com/u/583231', name: 'The Octocat', type: 'User' },
    emails: [
      { email: 'octocat@users.noreply.github.com', verified: true, primary: false, visibility: null },
      { email: 'Octocat@Acme.example', verified: true, primary: true, visibility: 'private' },
    ],
    organizations: [{ login: 'Acme', id: 1, url: 'https://api.github.com/orgs/acme' }],
    teams: [{ id: 1, name: 'Ops', slug: 'ops', organization: { login: 'Acme', id: 1 } }],
    isRevoked: false,
    visit(url, more = {}) {
      const code = `code-${challenges.size}`
      challenges.set(code, url.searchParams.get('code_challenge')!)
      redirects.set(code, url.searchParams.get('redirect_uri')!)
      const back = new URL(url.searchParams.get('redirect_uri')!)
      for (const [name, value] of Object.entries({ code, state: url.searchParams.get('state')!, ...more }))
        if (value !== '') back.searchParams.set(name, value)
      return back
    },
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const url = new URL(request.url)
      github.requests.push(`${request.method} ${url.host}${url.pathname}`)
      const early = github.answer?.(url)
      if (early !== undefined) return early
      if (url.pathname === '/login/oauth/access_token') return token(new URLSearchParams(await request.text()))
      if (github.isRevoked || request.headers.get('authorization') !== `Bearer ${TOKEN}`)
        return Response.json({ message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' }, { status: 401 })
      const [page, size] = ['page', 'per_page'].map((name) => Number(url.searchParams.get(name)))
      const pageOf = (all: unknown) => (Array.isArray(all) ? all.slice((page! - 1) * size!, page! * size!) : all)
      const paths: Record<string, unknown> = {
        '/user': github.user,
        '/user/emails': pageOf(github.emails),
        '/user/orgs': pageOf(github.organizations),
        '/user/teams': pageOf(github.teams),
      }
      const body = paths[url.pathname.replace(/^\/api\/v3/, '')]
      return body === undefined ? Response.json({ message: 'Not Found' }, { status: 404 }) : Response.json(body)
    },
  }

  function token(form: URLSearchParams): Response {
    const { GITHUB_CLIENT_ID: id, GITHUB_CLIENT_SECRET: secret } = GITHUB_ENV
    if (form.get('client_id') !== id || form.get('client_secret') !== secret)
      return Response.json({
        error: 'incorrect_client_credentials',
        error_description: 'The client_id and/or client_secret passed are incorrect.',
      })
    if (form.get('redirect_uri') !== redirects.get(form.get('code') ?? ''))
      return Response.json({
        error: 'redirect_uri_mismatch',
        error_description: 'The redirect_uri MUST match the registered callback URL for this application.',
      })
    const challenge = challenges.get(form.get('code') ?? '')
    challenges.delete(form.get('code') ?? '')
    const verified = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (challenge === undefined || challenge !== verified)
      return Response.json({ error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' })
    return Response.json({ access_token: TOKEN, scope: 'read:org,read:user,user:email', token_type: 'bearer' })
  }
  return github
}
