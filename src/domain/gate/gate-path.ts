/** Which paths beside our own routes a protected MCP server may have. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { PATHS } from '../../schemas/paths.ts'
import { isCommand } from './command/command.ts'
import type { Protection } from './upstream-address.ts'

/** First segments that have other meanings here, or will have. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.values(PATHS).map((path) => path.split('/')[1]!),
  ...['.well-known', 'admin', 'assets', 'favicon.ico', 'forward-auth', 'invitation', 'metrics', 'passkey', 'password', 'robots.txt'],
])

/** Where the upstream has no path of its own. */
const USUAL = '/mcp'

/** The path below the issuer. */
export function gatePathOf({ path, upstream }: Protection): string {
  if (path !== undefined) return path
  if (isCommand(upstream)) return USUAL
  const { pathname } = new URL(upstream)
  return pathname === '/' ? USUAL : pathname
}

/**
 * A request must have exactly this path, so it needs a spelling that every program leaves alone.
 *
 * @returns the path, or a sentence that says why it can't be that of an MCP server
 */
export function checkGatePath(path: string): Result<string, string> {
  if (!/^(\/[\w.~-]+)+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path))
    return err(`The path "${path}" must begin with a slash, and have letters, digits and -._~ between single slashes: choose another one.`)
  const first = path.split('/')[1]!
  return RESERVED.has(first.toLowerCase())
    ? err(`The path ${path} is taken: this server has addresses of its own at /${first}. Choose another one.`)
    : ok(path)
}

/**
 * The same for a whole address. On the issuer's host our own routes are below the issuer, and metadata beside it; on a host of its own a
 * resource may be at the root, too.
 */
export function checkGateAddress(issuer: string, identifier: string): Result<string, string> {
  const [own, its] = [new URL(issuer), new URL(identifier)]
  if (its.search !== '') return err(`${identifier} has a query: a protected MCP server has a path alone.`)
  if (its.host !== own.host) return its.pathname === '/' ? ok(identifier) : checkGatePath(its.pathname)
  const base = own.pathname.replace(/\/$/, '')
  const isAbove = `${base}/`.startsWith(its.pathname.replace(/\/?$/, '/'))
  if (isAbove) return err(`${identifier} would hide this server, ${issuer}: give the MCP server a path, such as ${issuer}/mcp.`)
  return checkGatePath(its.pathname.startsWith(`${base}/`) ? its.pathname.slice(base.length) : its.pathname)
}
