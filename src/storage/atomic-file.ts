/** Writes files completely or not at all, even if the machine crashes. */
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Lets `work` write a new file beside `path`, which only its owner can read from the start. Renames it to `path` once it is on disk.
 * If anything fails, `path` is unchanged.
 */
export async function writeAtomically<T>(path: string, work: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`
  closeSync(openSync(partial, 'wx', 0o600))
  try {
    const outcome = await work(partial)
    sync(partial)
    renameSync(partial, path)
    syncFolderOf(path)
    return outcome
  } finally {
    rmSync(partial, { force: true })
  }
}

/** Makes renames, links and deletions in the folder of `path` survive a power cut. Windows neither needs nor allows it. */
export function syncFolderOf(path: string): void {
  if (process.platform !== 'win32') sync(dirname(path))
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
