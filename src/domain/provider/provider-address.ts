/** Names and addresses of providers, as operators give them. */
import { isLoopback } from '../protocol/loopback.ts'

/** A provider's name is part of an address, and of rules such as `acme:claim=/groups=admins`. */
export const isProviderName = (name: string): boolean => /^[a-z\d](?:[a-z\d-]{0,30}[a-z\d])?$/.test(name)

/** An issuer as it is compared, byte by byte; `undefined` for what can't be one (OpenID Connect Discovery section 2). */
export function parseIssuer(raw: string): string | undefined {
  if (!URL.canParse(raw)) return undefined
  const { protocol, hostname, search, hash, username, password } = new URL(raw)
  const secure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  return secure && search === '' && hash === '' && username === '' && password === '' && !/[?#\s]/.test(raw) ? raw : undefined
}

/** Where a provider sends people back to. */
export const redirectUriOf = (issuer: string, name: string): string => `${issuer}/login/${name}/callback`

/** Where a provider says that somebody logged out there. */
export const logoutUriOf = (issuer: string, name: string): string => `${issuer}/login/${name}/backchannel-logout`
