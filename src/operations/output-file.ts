/** A file that an operation writes: complete or absent, and never in place of another one unless that was asked for. */
import { existsSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { ok } from '../domain/protocol/result.ts'
import { writeAtomically } from '../storage/atomic-file.ts'
import { conflict, invalid } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface OutputFile {
  readonly file: string
  /** Whether a file that exists may be replaced. */
  readonly replace: boolean
  /** What the server runs with: never replaced. */
  readonly ownFiles: readonly string[]
}

/** Whether something is in the way. */
export function checkOutputFile({ file, replace, ownFiles }: OutputFile): Outcome<void> {
  const present = look(file)
  if (present === undefined) return ok(undefined)
  if (!present.isFile()) return invalid(`${file} is not a file: name one, in a folder that exists.`)
  if (ownFiles.some((own) => isSame(present, own))) return invalid(`The server runs with ${file}: name another file.`)
  return replace ? ok(undefined) : conflict(`${file} already exists.`)
}

/** Lets `work` write what becomes the file; if it can't, the file stays as it is. */
export async function writeOutputFile(file: string, work: (partial: string) => Promise<Outcome<void>>): Promise<Outcome<void>> {
  try {
    await writeAtomically(file, async (partial) => {
      const outcome = await work(partial)
      if (!outcome.ok) throw new Abandoned(outcome)
    })
    return ok(undefined)
  } catch (error) {
    return error instanceof Abandoned ? error.outcome : fileProblem(error, `${file} can't be written`)
  }
}

class Abandoned extends Error {
  readonly outcome: Outcome<void>

  constructor(outcome: Outcome<void>) {
    super('abandoned')
    this.outcome = outcome
  }
}

/**
 * What the operating system says about a file, as a sentence.
 *
 * @throws any other error
 */
export function fileProblem(error: unknown, what: string): Outcome<never> {
  const { syscall, message } = error as NodeJS.ErrnoException
  if (syscall === undefined) throw error
  return invalid(`${what} (${message.split(',', 1)[0]}): choose another file, or check its folder and disk.`)
}

/** By whatever path. */
function isSame({ ino, dev }: Stats, path: string): boolean {
  const other = look(path)
  return other?.ino === ino && other.dev === dev
}

/** `undefined`, too, where a file is in the place of a folder. */
const look = (path: string): Stats | undefined => (existsSync(path) ? statSync(path) : undefined)
