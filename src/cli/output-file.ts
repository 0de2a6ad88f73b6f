/** A file that a command writes: there as a whole or not at all, and never in the place of something else unasked. */
import { existsSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import type { Config } from '../config/config.ts'
import { secretPath } from '../process/secret-file.ts'
import { writeAtomically } from '../storage/atomic-file.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

/**
 * Lets `work` write what becomes `file`.
 *
 * @throws {CommandRefused} if the file exists without `--force`, is the server's own or none at all, or can't be written
 */
export async function writeFile<T>(
  { options }: Pick<Call, 'options'>,
  file: string,
  { databaseUrl }: Config,
  work: (partial: string) => Promise<T>,
): Promise<T> {
  const there = look(file)
  const own = databaseUrl.startsWith('sqlite:') ? [databaseUrl.slice('sqlite:'.length), secretPath(databaseUrl)] : []
  if (there !== undefined) {
    if (!there.isFile()) throw new CommandRefused(`${file} is no file: name one, in a folder that exists.`)
    if (own.some((path) => isSame(there, path))) throw new CommandRefused(`${file} is what the server runs with: name another file.`)
    if (options['force'] !== true) throw new CommandRefused(`${file} exists already: name another file, or add --force to replace it.`)
  }
  try {
    return await writeAtomically(file, work)
  } catch (error) {
    throw explainFile(error, `${file} can't be written`)
  }
}

/** A problem with a file as a sentence, anything else as it is. */
export function explainFile(error: unknown, what: string): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException
  return syscall === undefined
    ? error
    : new CommandRefused(`${what} (${message.split(',', 1)[0]}): name another file, or see to its folder and disk.`)
}

/** Whatever names lead there. */
function isSame({ ino, dev }: Stats, path: string): boolean {
  const other = look(path)
  return other?.ino === ino && other.dev === dev
}

/** Nothing, too, where a file stands in the way of a folder. */
const look = (path: string): Stats | undefined => (existsSync(path) ? statSync(path) : undefined)
