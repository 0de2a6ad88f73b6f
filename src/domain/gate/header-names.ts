/** Names of headers, as the strangest of servers may read them. */

/** CGI, WSGI and others fold everything but letters and digits to one character. */
export const foldHeaderName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')

/** Of one connection only (RFC 9110 section 7.6.1), or made for each connection by each side that speaks HTTP. */
const FRAMING: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
  ...['content-length', 'host', 'expect'],
])

export const isFraming = (name: string): boolean => FRAMING.has(foldHeaderName(name))

/** The headers that a `Connection` header calls its own, folded. */
export const namedByConnection = (connection: string | undefined): ReadonlySet<string> =>
  new Set((connection ?? '').split(',').map((name) => foldHeaderName(name.trim())))

/** Headers as Node and undici give them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>
