/** The address of an upstream. It is the operator's own: any host, this machine and private networks included. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { hasPlainAuthority, parseUri } from '../protocol/uri.ts'
import { isCommand } from './command/command.ts'
import type { Upstream } from './command/command.ts'
import { joinWords, splitCommandLine } from './command/command-line.ts'

/** `[PATH=]URL`, or `[PATH=]COMMAND`: an upstream that is given at the start. */
export interface Protection {
  /** Below the issuer; absent for that of the upstream. */
  readonly path?: string | undefined
  readonly upstream: Upstream
}

/** What is given at the start: addresses, and a command. */
export const protectionsOf = ({
  protect = [],
  protectCommand,
}: {
  readonly protect?: readonly Protection[]
  readonly protectCommand?: Protection
}): readonly Protection[] => (protectCommand === undefined ? protect : [...protect, protectCommand])

/** @returns the address in its normal form, or the rest of the sentence "it must ..." */
export function parseUpstream(raw: string): Result<string, string> {
  const url = hasPlainAuthority(raw) ? parseUri(raw) : undefined
  if (url === undefined) return err('be an http or https URL without user name, such as http://localhost:3001/mcp')
  return url.hash === '' && !raw.includes('#') ? ok(url.href) : err('be a URL without fragment')
}

/** Only what begins with a slash is a path, since a URL may hold an equals sign. */
export function parseProtection(raw: string): Result<Protection, string> {
  const [, path, address] = /^(?:(\/[^=]*)=)?(.*)$/s.exec(raw)!
  const upstream = parseUpstream(address!)
  if (!upstream.ok) return upstream
  return ok({ ...(path !== undefined && { path }), upstream: upstream.value })
}

/** The program's own path may begin with a slash, too, but has no equals sign in its first word. */
export function parseCommandProtection(raw: string): Result<Protection, string> {
  const [, path, line] = /^(?:(\/[^=\s'"]*)=)?(.*)$/s.exec(raw)!
  const words = splitCommandLine(line!)
  return words.ok ? ok({ ...(path !== undefined && { path }), upstream: words.value }) : words
}

/** As they are read again; addresses in a list that is separated by commas. */
export const renderProtection = ({ path, upstream }: Protection): string => {
  const before = path === undefined ? '' : `${path}=`
  return isCommand(upstream) ? before + joinWords(upstream) : (before + upstream).replaceAll(',', '%2C')
}
