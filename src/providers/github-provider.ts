/**
 * GitHub, which speaks OAuth 2 without OpenID Connect: who somebody is, and in which organizations, is asked of its API with the token.
 * An enterprise server has the same API below /api/v3.
 */
import { createHash } from 'node:crypto'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { isJsonObject, parseJsonObject } from '../domain/protocol/json.ts'
import type { JsonObject } from '../domain/protocol/json.ts'
import { plainText } from '../domain/protocol/text.ts'
import { promptFor } from '../domain/provider/freshness.ts'
import { readGithubClaims } from '../domain/provider/github-claims.ts'
import type { IdentityClaims } from '../domain/provider/identity.ts'
import { ProviderUnreachable } from '../fetch/provider-fetch.ts'
import type { ProviderFetch } from '../fetch/provider-fetch.ts'
import type { Connection, ProviderClient, ProviderFailure } from './provider-client.ts'

const GITHUB = 'https://github.com'
const SCOPES = ['read:user', 'user:email', 'read:org']
/** Entries per page, and pages that are read: nobody has more organizations or teams that matter. */
const PAGE = 100
const MAX_PAGES = 5

export const githubApi = (issuer: string): string => (issuer === GITHUB ? 'https://api.github.com' : `${issuer}/api/v3`)

export function createGithubClient(connection: Connection, fetch: ProviderFetch): ProviderClient {
  const { issuer, clientId, clientSecret, redirectUri, settings } = connection
  const api = githubApi(issuer)

  /** @throws {Failed} */
  async function ask(path: string, token: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'user-agent': 'solar-system-oauth-server' }
    const response = await fetch(api + path, { headers })
    if (response.status === 401) throw new Failed({ kind: 'refused', reason: 'GitHub takes the token no longer', ended: true })
    if (!response.ok) throw new Failed({ kind: 'unreachable', reason: `GitHub answered ${response.status} at ${path}` })
    return response.json()
  }

  async function list(path: string, token: string): Promise<JsonObject[]> {
    const all: JsonObject[] = []
    for (let page = 1; page <= MAX_PAGES; page++) {
      const answer = await ask(`${path}?per_page=${PAGE}&page=${page}`, token)
      if (!Array.isArray(answer)) throw new Failed({ kind: 'invalid', reason: `GitHub answered no list at ${path}` })
      all.push(...answer.filter(isJsonObject))
      if (answer.length < PAGE) break
    }
    return all
  }

  async function claimsOf(token: string): Promise<Result<IdentityClaims, ProviderFailure>> {
    const [user, emails, organizations, teams] = await Promise.all([
      ask('/user', token),
      list('/user/emails', token),
      list('/user/orgs', token),
      list('/user/teams', token),
    ])
    const claims = isJsonObject(user) ? readGithubClaims(issuer, user, emails, organizations, teams) : err('GitHub answered no user')
    return claims.ok ? claims : err({ kind: 'invalid', reason: claims.error })
  }

  return {
    async depart({ state, codeVerifier }, wish) {
      const { loginHint } = wish
      const prompt = promptFor('github', wish)
      const url = new URL(`${issuer}/login/oauth/authorize`)
      const parameters = {
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: (settings.scopes ?? SCOPES).join(' '),
        state,
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(loginHint !== undefined && { login: loginHint }),
        ...(prompt !== undefined && { prompt }),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return ok(url)
    },
    arrive: (query, { codeVerifier }) =>
      attempt(async () => {
        const [code, error] = [query.get('code'), query.get('error')]
        if (error !== null) {
          const reason = plainText(`GitHub answered ${error} ${query.get('error_description') ?? ''}`, 300)
          return err({ kind: error === 'access_denied' ? 'denied' : 'refused', reason })
        }
        if (code === null || query.getAll('code').length > 1) return err({ kind: 'invalid', reason: 'GitHub sent no code' })
        const form = { client_id: clientId, client_secret: clientSecret, code, redirect_uri: redirectUri, code_verifier: codeVerifier }
        const response = await fetch(`${issuer}/login/oauth/access_token`, {
          method: 'POST',
          headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(form).toString(),
        })
        const answer = parseJsonObject(await response.text()) ?? {}
        const { access_token: token, error: refused } = answer
        if (typeof token !== 'string') {
          const reason = plainText(
            `GitHub answered ${response.status} ${String(refused ?? '')} ${String(answer['error_description'] ?? '')}`,
            300,
          )
          return err({ kind: typeof refused === 'string' ? 'refused' : 'invalid', reason })
        }
        const claims = await claimsOf(token)
        // The token of an OAuth app doesn't expire; it serves as what others call a refresh token.
        return claims.ok ? ok({ claims: claims.value, refreshToken: token, amr: [] }) : claims
      }),
    readLogout: async () => err({ kind: 'invalid', reason: 'GitHub sends no logout tokens' }),
    recheck: (token) =>
      attempt(async () => {
        const claims = await claimsOf(token)
        return claims.ok ? ok({ claims: claims.value, refreshToken: token }) : claims
      }),
  }
}

/** Leaves the questions to GitHub where they are. */
class Failed extends Error {
  readonly failure: ProviderFailure

  constructor(failure: ProviderFailure) {
    super(failure.reason)
    this.failure = failure
  }
}

async function attempt<T>(work: () => Promise<Result<T, ProviderFailure>>): Promise<Result<T, ProviderFailure>> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failed) return err(error.failure)
    if (error instanceof ProviderUnreachable) return err({ kind: 'unreachable', reason: error.message })
    return err({ kind: 'invalid', reason: 'GitHub answered no JSON' })
  }
}
