/** `--server`: which server a command is for, and whether it may be for one that is far away. */
import { readIssuer } from '../config/addresses.ts'
import { CommandRefused } from './command.ts'
import type { CommandSpec, OptionSpec, RemoteServer } from './command.ts'

/**
 * The server that a command is for; `undefined` for the installation of this machine.
 *
 * @throws {CommandRefused} before anything is asked, if the command, or one of its options, is for the machine itself
 */
export function remoteServer(
  name: string,
  { here, options: known = [] }: CommandSpec,
  given: Readonly<Record<string, unknown>>,
  { server, device = false }: { readonly server?: string; readonly device?: boolean },
): RemoteServer | undefined {
  if (server === undefined) {
    if (device) throw new CommandRefused('--device says how to log in at a server: name it, with --server.')
    return undefined
  }
  if (here === true) throw new CommandRefused(`${name} is for the machine itself, and never for a server from afar: leave --server out.`)
  const local = known.find((option) => option.here === true && given[nameOf(option)] !== undefined)
  if (local !== undefined)
    throw new CommandRefused(
      `${flagOf(local)} is for the machine itself, and never for a server from afar: set it there, without --server.`,
    )
  const issuer = readIssuer(server)
  if (!issuer.ok) throw new CommandRefused(`--server must ${issuer.error}.`)
  return { issuer: String(issuer.value), byDevice: device }
}

const flagOf = ({ flags }: OptionSpec): string => flags.split(' ', 1)[0]!
/** `--upstream-header` is `upstreamHeader`. */
const nameOf = (option: OptionSpec): string =>
  flagOf(option)
    .slice(2)
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
