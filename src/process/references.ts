/** Where the secrets of upstreams are: in variables of this process, or in files, as containers mount them. */
import { readFile } from 'node:fs/promises'
import type { Environment } from '../config/kinds.ts'
import type { Reference } from '../domain/gate/upstream-header.ts'

/** How long a file counts, in ms: a secret that was replaced is used soon, and not every request reads it. */
const FRESH_MS = 5000

export function createReferenceReader(variables: Environment, now: () => number): (reference: Reference) => Promise<string | undefined> {
  const files = new Map<string, { readonly at: number; readonly text: Promise<string | undefined> }>()
  return async (reference) => {
    if (reference.kind === 'env') return variables[reference.name]
    const { path } = reference
    const known = files.get(path)
    if (known !== undefined && Math.abs(now() - known.at) < FRESH_MS) return known.text
    const text = readFile(path, 'utf8').catch(() => undefined)
    files.set(path, { at: now(), text })
    return text
  }
}
