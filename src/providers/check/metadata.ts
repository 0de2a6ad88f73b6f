/** Whether a provider's metadata is that of its issuer, and has what this server needs (OpenID Connect Discovery sections 3 and 4). */
import { isLoopback } from '../../domain/protocol/loopback.ts'
import { parseJsonObject } from '../../domain/protocol/json.ts'
import type { JsonObject } from '../../domain/protocol/json.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found } from '../../domain/provider/provider-finding.ts'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'
import type { Connection } from '../provider-client.ts'
import { ASYMMETRIC } from '../id-token-algorithms.ts'
import { scopesOf } from '../openid-provider.ts'
import { ask } from './ask.ts'

export interface CheckedMetadata {
  readonly found: readonly Found[]
  /** Undefined if it can't be used. */
  readonly metadata?: JsonObject
  readonly date: string | null
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
/** Microsoft's issuers for accounts of any tenant, whose metadata has a placeholder. */
const ANY_TENANT = '{tenantid}'

export async function checkMetadata({ issuer, kind }: Connection, fetch: ProviderFetch): Promise<CheckedMetadata> {
  const asked = await ask(fetch, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (!asked.ok)
    return { found: [wrong(asked.error, 'Is the issuer written as the provider writes it, and can this machine reach it?')], date: null }
  const { status, text, date, location } = asked.value
  const refuse = (...problem: Parameters<typeof wrong>) => ({ found: [wrong(...problem)], date })
  if (location !== undefined)
    return refuse(`the metadata is elsewhere: the provider redirects to ${plainText(location, 200)}`, 'Take the issuer that is there.')
  const metadata = status === 200 ? parseJsonObject(text) : undefined
  if (metadata === undefined)
    return refuse(
      status === 200 ? `${issuer} answers no JSON, but perhaps a page` : `${issuer} answers ${status} where its metadata should be`,
      "Take the issuer from the provider's documents: its metadata is at ISSUER/.well-known/openid-configuration.",
    )
  const named = typeof metadata['issuer'] === 'string' ? plainText(metadata['issuer'], 300) : undefined
  const expected = kind === 'microsoft' ? issuer.replace(/(?<=\.com\/)(?:common|organizations|consumers)(?=\/)/, ANY_TENANT) : issuer
  // `consumers` is one tenant, which its metadata names.
  const isSame =
    named === issuer || named === expected || (named !== undefined && expected.includes(ANY_TENANT) && issuer.includes('/consumers/'))
  if (!isSame)
    return refuse(
      named === undefined ? 'the metadata names no issuer' : `the provider calls itself ${named}, not ${issuer}`,
      named === undefined ? undefined : `Write the issuer exactly so: ${named}`,
    )
  const problems = problemsOf(metadata, issuer)
  return problems.length > 0 ? { found: problems, date } : { found: [right(`${issuer}, and its metadata fits`)], metadata, date }
}

function problemsOf(metadata: JsonObject, issuer: string): Found[] {
  const isLocal = issuer.startsWith('http:')
  const problems = ENDPOINTS.flatMap((name) => {
    const value = metadata[name]
    if (typeof value !== 'string' || !URL.canParse(value)) return wrong(`the metadata has no ${name}`)
    const { protocol, hostname } = new URL(value)
    const isSafe = protocol === 'https:' || (isLocal && protocol === 'http:' && isLoopback(hostname))
    return isSafe ? [] : wrong(`${name} is not encrypted: ${plainText(value, 200)}`)
  })
  const lacks = (name: string, needed: readonly string[]): boolean => {
    const supported = metadata[name]
    return Array.isArray(supported) && !needed.some((each) => supported.includes(each))
  }
  if (lacks('response_types_supported', ['code'])) problems.push(wrong('the provider has no authorization code flow (response type code)'))
  if (lacks('token_endpoint_auth_methods_supported', ['client_secret_basic', 'client_secret_post']))
    problems.push(wrong('the provider takes no client secret: this server sends client_secret_basic or client_secret_post'))
  if (lacks('id_token_signing_alg_values_supported', ASYMMETRIC))
    problems.push(wrong(`the provider signs id_tokens with none of ${ASYMMETRIC.join(', ')}`, 'Choose one of them for this client there.'))
  return problems
}

/** Whether the scopes that are asked for are there, and whether the provider can be asked again later. */
export function checkScopes(connection: Connection, metadata: JsonObject): Found[] {
  const listed = metadata['scopes_supported']
  const supported = Array.isArray(listed) ? (listed as string[]) : undefined
  const asked = scopesOf(connection, supported)
  const unknown = supported === undefined ? [] : asked.filter((scope) => !supported.includes(scope))
  const forgetful = connection.kind === 'oidc' && !asked.includes('offline_access')
  return [
    unknown.length === 0
      ? right(asked.join(' '))
      : open(
          `the provider doesn't list ${unknown.join(', ')} among its scopes`,
          'It may refuse the login, or leave out what the scope is for.',
        ),
    ...(forgetful
      ? [
          open(
            'offline_access is not asked for, so the provider may give nothing to ask again with',
            'Then somebody who is switched off there keeps access for PROVIDER_GRACE after the login.',
          ),
        ]
      : []),
  ]
}
