/** Files that are there as a whole or not at all, even after a crash. */
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Lets `work` write a file beside `path`, empty and readable by its owner only from its first moment, and puts it in the
 * place of `path` once it is on the disk. If anything fails, `path` is as it was.
 */
export async function writeAtomically<T>(path: string, work: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`
  closeSync(openSync(partial, 'wx', 0o600))
  try {
    const outcome = await work(partial)
    settle(partial)
    renameSync(partial, path)
    syncFolderOf(path)
    return outcome
  } finally {
    rmSync(partial, { force: true })
  }
}

/** What was renamed, linked or removed beside `path` stays so after a power cut. Windows neither needs nor allows it. */
export function syncFolderOf(path: string): void {
  if (process.platform !== 'win32') settle(dirname(path))
}

function settle(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
