/** The tokens by which this account manages servers: one file for each server, which nobody else of the machine can read. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../config/kinds.ts'
import { newId } from '../../crypto/random.ts'
import { CommandRefused } from '../command.ts'

export interface Tokens {
  readonly accessToken: string
  /** When it ends, in ms. */
  readonly expiresAt: number
  readonly refreshToken?: string | undefined
}

export interface TokenFile {
  /** @throws {CommandRefused} if others could have read or changed it */
  read(): Tokens | undefined
  write(tokens: Tokens): void
  /** @returns whether there was one */
  forget(): boolean
}

/** In the folder for what programs keep from run to run (XDG Base Directory Specification). */
export function openTokenFile({ XDG_STATE_HOME: state, HOME: home = homedir() }: Environment, issuer: string): TokenFile {
  const folder = join(state || join(home, '.local', 'state'), 'solar-system-oauth-server')
  const file = join(folder, `${encodeURIComponent(issuer)}.json`)
  return {
    read() {
      const text = readOwn(file)
      return text === undefined ? undefined : parse(text)
    },
    write(tokens) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // Another run never reads half of it.
      const next = `${file}.${newId()}`
      writeFileSync(next, JSON.stringify(tokens), { mode: 0o600, flag: 'wx' })
      chmodSync(next, 0o600) // whatever the umask says
      renameSync(next, file)
    },
    forget() {
      const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined
      rmSync(file, { force: true })
      return isThere
    },
  }
}

function readOwn(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if ((found.mode & 0o077) !== 0 && process.getuid !== undefined)
    throw new CommandRefused(`${file} can be read by other accounts of this machine: delete it, and log in again.`)
  return readFileSync(file, 'utf8')
}

/** What can't be read is no login. */
function parse(text: string): Tokens | undefined {
  try {
    const { accessToken, expiresAt, refreshToken } = JSON.parse(text) as Partial<Tokens>
    return typeof accessToken === 'string' && typeof expiresAt === 'number' ? { accessToken, expiresAt, refreshToken } : undefined
  } catch {
    return undefined
  }
}
