/** The version of this program. */
import { readFileSync } from 'node:fs'
import type { Program, Release } from '../domain/management/program.ts'

/** @param manifest the package.json of the program */
export function readProgram(manifest: URL): Program {
  const read = (): Release => JSON.parse(readFileSync(manifest, 'utf8')) as Release
  const atStart = read()
  return {
    version: atStart.version,
    node: process.versions.node,
    installed() {
      try {
        return read()
      } catch {
        return atStart // another version is being installed at this moment
      }
    },
  }
}

export const PROGRAM = readProgram(new URL('../../package.json', import.meta.url))
export const VERSION = PROGRAM.version
