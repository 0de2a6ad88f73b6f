/** Makes a folder with those above it, one by one: Node's own recursion never ends below `/proc` (nodejs/node#31481). */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Only the owner can look into what is new. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process that starts now may have made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
