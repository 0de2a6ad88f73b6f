/**
 * Redirect URIs: which may be registered, and when a requested one matches (RFC 6749 section 3.1.2, RFC 8252, RFC 9700 section
 * 2.1; threat-model.md T1, T3, T4).
 */
import { isLoopbackHost, isOwnMachine } from './loopback.ts'
import { hasPlainAuthority, parseUri } from './uri.ts'

/** What a redirect URI says about who receives the response: only an https host belongs to one known party. */
export type RedirectKind = 'https' | 'loopback' | 'custom'

/** Schemes that run code, read local data, or belong to the system or the browser rather than to an app that a user chose. */
const FORBIDDEN_SCHEMES = new Set(
  [
    // They run code or read data.
    ...[
      'javascript',
      'data',
      'vbscript',
      'livescript',
      'mocha',
      'file',
      'blob',
      'about',
      'filesystem',
      'view-source',
      'jar',
      'mhtml',
      'mk',
    ],
    ...['res', 'its', 'hcp', 'help', 'shell', 'search', 'vnd.ms.radio', 'local', 'resource', 'wyciwyg', 'cid', 'mid', 'content', 'package'],
    // Other protocols.
    ...['ws', 'wss', 'ftp', 'ftps', 'sftp', 'ssh', 'telnet', 'rlogin', 'tn3270', 'gopher', 'news', 'nntp', 'snews', 'irc', 'ircs', 'ldap'],
    ...['ldaps', 'smb', 'cifs', 'afp', 'nfs', 'dav', 'davs', 'rdp', 'vnc', 'git', 'svn', 'rtsp', 'magnet', 'urn', 'dns', 'feed', 'webcal'],
    // They call, write, pay, or open something of the system.
    ...[
      'mailto',
      'tel',
      'callto',
      'sms',
      'smsto',
      'mms',
      'mmsto',
      'sip',
      'sips',
      'xmpp',
      'facetime',
      'facetime-audio',
      'wtai',
      'geo',
      'maps',
    ],
    ...[
      'bitcoin',
      'payto',
      'intent',
      'android-app',
      'market',
      'itms',
      'itmss',
      'itms-apps',
      'itms-appss',
      'itms-services',
      'prefs',
      'app-prefs',
    ],
    ...['app-settings', 'windowsdefender', 'onenote'],
    // A browser's own pages.
    ...['chrome', 'chrome-error', 'chrome-search', 'chrome-untrusted', 'chrome-native', 'devtools', 'edge', 'brave', 'opera', 'vivaldi'],
  ].map((scheme) => `${scheme}:`),
)
/** Families of them: every handler of Windows and of Apple's system. */
const FORBIDDEN_FAMILY = /^(?:ms-|ms:|search-ms:|x-apple|com\.apple\.)/

/** Parameters of our own responses. In the query of a registered URI, they could pass for our response (threat-model.md T4). */
const RESPONSE_PARAMETERS = new Set([
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'response',
  'id_token',
  'access_token',
])

/** The kind of a URI that passed `checkRedirectUri`. */
export function redirectKind(uri: string): RedirectKind {
  const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase()
  if (scheme === 'http') return 'loopback'
  if (scheme !== 'https') return 'custom'
  return isOwnMachine(new URL(uri).hostname) ? 'loopback' : 'https'
}

/** Why a redirect URI can't be registered, as the rest of a sentence for `error_description`; `undefined` if it can. */
export function checkRedirectUri(raw: string): string | undefined {
  const uri = parseUri(raw)
  if (uri === undefined) return 'must be an absolute URI'
  if (raw.includes('#')) return 'must not have a fragment'
  if (FORBIDDEN_SCHEMES.has(uri.protocol) || FORBIDDEN_FAMILY.test(uri.protocol))
    return `must not use the scheme ${uri.protocol.slice(0, -1)}`
  if (uri.username !== '' || uri.password !== '') return 'must not hold user information'
  if (uri.protocol === 'http:' && !isLoopbackHost(uri.hostname)) return 'must be https unless its host is localhost, 127.0.0.1 or [::1]'
  if ((uri.protocol === 'https:' || uri.protocol === 'http:') && !hasPlainAuthority(raw)) return 'must be written as scheme://host/path'
  for (const name of parameterNames(uri)) {
    if (RESPONSE_PARAMETERS.has(name)) return `must not hold the parameter ${name} in its query`
  }
  return undefined
}

/**
 * The names of a query's parameters as the most lenient frameworks read them: `code[]` as `code`, `error.description` as `error_description`,
 * and a semicolon as another separator.
 */
function parameterNames({ search }: URL): string[] {
  const names = [...new URLSearchParams(search.replaceAll(';', '&')).keys()]
  return names.map((name) => name.trim().split(/[[\0]/, 1)[0]!.replaceAll(/[. ]/g, '_'))
}

/** Whether `requested` is registered, byte for byte. Only the port of an http loopback URI may differ (RFC 8252 section 7.3). */
export function matchRedirectUri(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true
  const wanted = withoutLoopbackPort(requested)
  return wanted !== undefined && registered.some((uri) => withoutLoopbackPort(uri) === wanted)
}

/** Whether a request names a port although the client registered another one for the same address. */
export function usesUnregisteredPort(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return false
  const wanted = withoutLoopbackPort(requested)
  return !registered.some((uri) => uri === wanted)
}

/** The URI with its port cut out, for http on a loopback host; `undefined` for every other URI. */
function withoutLoopbackPort(raw: string): string | undefined {
  const parts = /^http:\/\/(\[[^\]]*\]|[^/?:]*)(?::\d{1,5})?((?:[/?].*)?)$/.exec(raw)
  if (parts === null || !isLoopbackHost(parts[1]!) || checkRedirectUri(raw) !== undefined) return undefined
  return `http://${parts[1]}${parts[2]}`
}

/** What users see as the receiver of the response: the host, or the scheme if it is a custom one. */
export function redirectDisplay(uri: string): string {
  const parsed = parseUri(uri)
  if (parsed === undefined) return uri
  return redirectKind(uri) === 'custom' ? parsed.protocol.slice(0, -1) + '://' : parsed.host
}

/**
 * Who receives a response, for as long as a consent counts. The port of a loopback URI doesn't matter, because it differs each time
 * (RFC 8252 section 7.3).
 */
export function redirectReceiver(uri: string): string {
  const kind = redirectKind(uri)
  if (kind === 'custom') return redirectDisplay(uri)
  const { host, hostname } = new URL(uri)
  return kind === 'loopback' ? hostname : host
}

/** Appends encoded parameters to a URI without changing a byte of the URI. */
export function appendParameters(uri: string, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  if (query === '') return uri
  const separator = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&'
  return uri + separator + query
}
