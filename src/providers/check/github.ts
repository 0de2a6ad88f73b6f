/** Whether GitHub, or an enterprise server, can be reached and knows this server; organizations show only at a login. */
import { parseJsonObject } from '../../domain/protocol/json.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { about, open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found, ProviderFinding } from '../../domain/provider/provider-finding.ts'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'
import { githubApi } from '../github-provider.ts'
import type { Connection } from '../provider-client.ts'
import { ask, form } from './ask.ts'
import { compareClocks } from './clock.ts'

const AGENT = { accept: 'application/vnd.github+json', 'user-agent': 'solar-system-oauth-server' }

export async function checkGithub(connection: Connection, fetch: ProviderFetch, now: () => number): Promise<ProviderFinding[]> {
  const { issuer } = connection
  const api = githubApi(issuer)
  const asked = await ask(fetch, `${api}/`, { headers: AGENT })
  if (!asked.ok || parseJsonObject(asked.value.text) === undefined)
    return [
      about(
        'issuer',
        wrong(
          asked.ok ? `${api} is not GitHub's interface: it answers ${asked.value.status}` : asked.error,
          'Is the issuer a GitHub server?',
        ),
      ),
      ...(['redirect URI', 'client'] as const).map((each) => about(each, open("can't be looked at before the issuer is right"))),
    ]
  const { redirectUri, client } = await tryClient(connection, fetch)
  return [
    about('issuer', right(`${issuer}, and its interface answers`)),
    about('clock', compareClocks(asked.value.date, now())),
    about('redirect URI', redirectUri),
    about('client', client),
    about('scopes', open('an organization that restricts OAuth apps stays invisible until one of its owners approves this app')),
  ]
}

/** GitHub names what is wrong with the request for a token before it looks for the code. */
async function tryClient(connection: Connection, fetch: ProviderFetch): Promise<{ redirectUri: Found; client: Found }> {
  const { issuer, clientId, clientSecret, redirectUri } = connection
  const members = { client_id: clientId, client_secret: clientSecret, code: 'never-issued', redirect_uri: redirectUri }
  const asked = await ask(fetch, `${issuer}/login/oauth/access_token`, form(members))
  const untried = open(`${redirectUri}, which shows only at a login`, 'Enter it as authorization callback URL; --login tries it.')
  if (!asked.ok) return { redirectUri: untried, client: wrong(asked.error) }
  const { error, error_description: description } = parseJsonObject(asked.value.text) ?? {}
  switch (error) {
    case 'bad_verification_code':
      return { redirectUri: untried, client: right('GitHub accepts client id and secret') }
    case 'redirect_uri_mismatch':
      return {
        redirectUri: wrong(`GitHub doesn't know ${redirectUri}`, 'Enter exactly this as authorization callback URL.'),
        client: right('GitHub accepts client id and secret'),
      }
    case 'incorrect_client_credentials':
      return {
        redirectUri: untried,
        client: wrong('GitHub refuses client id or secret', 'Copy the client id again, and generate a new client secret.'),
      }
    default: {
      const said = plainText(`${asked.value.status} ${String(error ?? '')} ${String(description ?? '')}`, 300)
      const client =
        asked.value.status === 404
          ? wrong(`GitHub doesn't know the client id ${clientId}`, 'Copy it again from the settings of the OAuth app.')
          : open(`client id and secret could not be tried: GitHub answers ${said}`, '--login tries them.')
      return { redirectUri: untried, client }
    }
  }
}
