/** Gives processes a part of a core, so that what several of them gain can be seen on a machine with few cores: control groups of Linux. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'

/** In which the system hands out CPU time, in us: short, so that a process that has used its part up waits a few ms. */
const PERIOD_US = 10_000

interface Kind {
  /** Where groups are made. */
  readonly root: string
  /** What a group has to be told, by file. */
  limit(quota: string): Readonly<Record<string, string>>
}

/** The two generations of control groups. */
const KINDS: readonly Kind[] = [
  { root: '/sys/fs/cgroup/cpu', limit: (quota) => ({ 'cpu.cfs_period_us': String(PERIOD_US), 'cpu.cfs_quota_us': quota }) },
  { root: '/sys/fs/cgroup', limit: (quota) => ({ 'cpu.max': `${quota} ${PERIOD_US}` }) },
]

let made = 0

/** The kind that this process may make groups of; `undefined` if there is none: then nothing can be limited. */
const kind = KINDS.find(({ root, limit }) => {
  try {
    const folder = makeGroup(root)
    const files = Object.keys(limit('0')).every((file) => existsSync(`${folder}/${file}`))
    rmdirSync(folder)
    return files
  } catch {
    return false
  }
})

export const mayLimit = kind !== undefined

/**
 * Bounds a process, and those that it has started, to `cores` together, which may be a fraction.
 *
 * @returns what lets go of the group again once they have ended
 */
export function limitCpu(pid: number, cores: number): () => void {
  const { root, limit } = kind!
  const folder = makeGroup(root)
  for (const [file, text] of Object.entries(limit(String(Math.round(cores * PERIOD_US))))) writeFileSync(`${folder}/${file}`, text)
  for (const each of family(pid)) writeFileSync(`${folder}/cgroup.procs`, String(each))
  return () => rmdirSync(folder)
}

function makeGroup(root: string): string {
  const folder = `${root}/solar-bench-${process.pid}-${made++}`
  mkdirSync(folder)
  return folder
}

/** A process and all that it has started. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((child) => child !== '')
  return [pid, ...children.map(Number).flatMap(family)]
}
