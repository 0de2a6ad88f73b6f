/**
 * The addresses where an issuer's metadata may be, in the order in which a client tries them (RFC 8414 section 3.1, OpenID
 * Connect Discovery section 4). With a path in the issuer the well-known part is inserted before it, and last appended.
 */
export function discoveryUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/+$/, '')
  const urls = [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}/.well-known/openid-configuration${path}`]
  return path === '' ? urls : [...urls, `${origin}${path}/.well-known/openid-configuration`]
}
