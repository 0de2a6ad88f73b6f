/**
 * The `Origin` of a request (MCP: it must be checked, and the upstream sees our host instead of its own). A token never comes by itself,
 * so any page may call; what is no origin, or an opaque one, comes from nobody who has one.
 */
export function isOrigin(raw: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/i.test(raw)) return false
  const url = URL.canParse(raw) ? new URL(raw) : undefined
  return url !== undefined && url.username === '' && url.password === ''
}
