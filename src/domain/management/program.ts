/** The program that runs, and when another version or another Node.js is due: as far as that can be known without asking anybody. */

export interface Program {
  /** The version that runs. */
  readonly version: string
  /** The version of Node.js, such as `24.11.0`. */
  readonly node: string
  /** What is on the disk by now: it runs once the server is started again. */
  readonly installed: () => Release
}

export interface Release {
  readonly version: string
  /** As in `2026-01-31`. */
  readonly released: string
}

/** `message` is the English sentence; pages have one for each kind, with the same values. */
export interface VersionNeed {
  readonly kind: 'restart' | 'database' | 'node' | 'age'
  readonly values: Readonly<Record<string, string | number>>
  readonly message: string
}

/** When a release of Node.js gets its last fix, by https://github.com/nodejs/Release. Later ones than these are taken for supported. */
const NODE_ENDS: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
}
/** After how long somebody should see whether there is a newer version, in ms. */
const LONG_MS = 365 * 86_400_000

/**
 * What somebody should do about versions.
 *
 * @param now the time in ms
 * @param schema the version of the database, and the newest one that the program has a migration for
 */
export function versionNeeds({ version, node, installed }: Program, now: number, schema: { found: number; known: number }): VersionNeed[] {
  const onDisk = installed()
  const release = node.split('.', 1)[0]!
  const since = NODE_ENDS[release]
  const needs: VersionNeed[] = []
  if (onDisk.version !== version) {
    const message = `Version ${onDisk.version} is installed, but ${version} still runs: start the server again.`
    needs.push({ kind: 'restart', values: { installed: onDisk.version, running: version }, message })
  }
  if (schema.found > schema.known) {
    const message = `A newer version of the server uses the database too (schema version ${schema.found}, this one knows ${schema.known}): run the same version on every node.`
    needs.push({ kind: 'database', values: { ...schema }, message })
  }
  if (since !== undefined && now > Date.parse(since)) {
    const message = `Node.js ${release} has had no fixes since ${since}: install a newer one.`
    needs.push({ kind: 'node', values: { release, since }, message })
  }
  if (now > Date.parse(onDisk.released) + LONG_MS) {
    const message = `Version ${onDisk.version} was released on ${onDisk.released}, more than a year ago: see whether there is a newer one.`
    needs.push({ kind: 'age', values: { version: onDisk.version, released: onDisk.released }, message })
  }
  return needs
}
