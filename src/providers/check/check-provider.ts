/**
 * Checks a provider as an operator set it up, line by line, without anybody logging in. Owns the order, and what can't be looked at once
 * something before it is wrong.
 */
import { about, open } from '../../domain/provider/provider-finding.ts'
import type { ProviderFinding } from '../../domain/provider/provider-finding.ts'
import { createProviderFetch } from '../../fetch/provider-fetch.ts'
import type { ProviderFetchOptions } from '../../fetch/provider-fetch.ts'
import type { Connection } from '../provider-client.ts'
import { tryClient } from './client-secret.ts'
import { compareClocks } from './clock.ts'
import { checkGithub } from './github.ts'
import { checkKeys } from './keys.ts'
import { checkMetadata, checkScopes } from './metadata.ts'
import { tryRedirectUri } from './redirect-uri.ts'

/** @param now ms */
export async function checkProvider(
  connection: Connection,
  now: () => number,
  options: ProviderFetchOptions = {},
): Promise<ProviderFinding[]> {
  const fetch = createProviderFetch({ ...options, showsRedirects: true })
  if (connection.kind === 'github') return checkGithub(connection, fetch, now)
  const { found, metadata, date } = await checkMetadata(connection, fetch)
  const issuer = found.map((each) => about('issuer', each))
  const clock = about('clock', compareClocks(date, now()))
  if (metadata === undefined) {
    const unseen = open("can't be looked at before the issuer is right")
    return [
      ...issuer,
      ...(date === null ? [] : [clock]),
      ...(['keys', 'redirect URI', 'client'] as const).map((each) => about(each, unseen)),
    ]
  }
  return [
    ...issuer,
    about('keys', await checkKeys(metadata, fetch)),
    clock,
    about('redirect URI', await tryRedirectUri(connection, metadata, fetch)),
    about('client', await tryClient(connection, metadata, fetch)),
    ...checkScopes(connection, metadata).map((each) => about('scopes', each)),
    ...(metadata['backchannel_logout_supported'] === true ? [about('logout', tellsLogouts(connection))] : []),
  ]
}

const tellsLogouts = ({ redirectUri }: Connection) =>
  open(
    'the provider can say when somebody logs out there, and their sessions here end, too',
    `Enter as back-channel logout URI there: ${redirectUri.replace(/callback$/, 'backchannel-logout')}`,
  )
