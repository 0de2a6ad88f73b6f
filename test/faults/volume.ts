/** A disk of its own for a test, which can get full or read-only; and a process whose writes fail. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Teardown = { teardown(fn: () => unknown): unknown }

export interface Volume {
  readonly folder: string
  /** Takes all the room that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
  /** Nothing may have a file open for writing. */
  setReadOnly(): void
}

const SIZE_MB = 12

/** A volume in memory; `undefined` where this account may not mount any. */
export function mountVolume(t: Teardown): Volume | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'solar-volume-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    rmdirSync(folder)
    return undefined
  }
  t.teardown(() => {
    execFileSync('umount', ['--lazy', folder])
    rmdirSync(folder)
  })
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a')
      try {
        for (;;) writeSync(file, Buffer.alloc(4096))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast),
    setReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', folder]),
  }
}

/**
 * From now on every write of a process to a file fails, as on a disk that became read-only under it, or works again.
 *
 * @returns false where the system has no such limit
 */
export function refuseWrites(pid: number, refused: boolean): boolean {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${refused ? '1' : 'unlimited'}:unlimited`], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}
