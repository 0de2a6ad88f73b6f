/**
 * Decides which test files share a process. Every `*.test.ts` below `test/` is in the plan, wherever it is, so no list can go
 * stale. A file that can't share a process says so itself, in a comment: `Runs alone: why`.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Task {
  readonly name: string
  /** Paths from the root of the checkout. */
  readonly files: readonly string[]
}

interface TestFile {
  readonly path: string
  readonly text: string
}

const ALONE = /^(?:\/\/| \*) Runs alone: \S/m
/** How long a line takes in some folders, roughly, compared with others. It only decides how groups are cut, and in which order they start. */
const SLOWNESS: Record<string, number> = {
  // They mostly wait, so they begin early, beside what works.
  attackers: 10,
  faults: 10,
  browser: 7,
  process: 5,
  storage: 4,
  examples: 4,
  flows: 2,
  threats: 2,
  domain: 0.2,
  doctor: 0.2,
  'resource-server': 0.2,
}
/** The most that one process gets, unless a single file weighs more. */
const LIMIT = 6000

/** A folder that weighs less shares a process with other such folders. */
const SMALL = LIMIT / 6

/** Returns the heaviest first: a long one that starts last would keep one processor busy alone. */
export function planTasks(root: string): Task[] {
  const alone: TestFile[] = []
  const folders = new Map<string, TestFile[]>()
  for (const path of findTests(root)) {
    const file = { path, text: readFileSync(join(root, path), 'utf8') }
    if (ALONE.test(file.text)) alone.push(file)
    else folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), file])
  }
  const [small, large] = partition([...folders], ([, files]) => weightOf(files) < SMALL)
  return [
    ...alone.map((file) => ({ name: file.path.replace(/^test\/|\.test\.ts$/g, '').replaceAll('/', '-'), files: [file] })),
    ...large.flatMap(([folder, files]) => split(folder, files)),
    ...split(
      'small',
      small.flatMap(([, files]) => files),
    ),
  ]
    .sort((one, other) => weightOf(other.files) - weightOf(one.files))
    .map(({ name, files }) => ({ name, files: files.map(({ path }) => path) }))
}

/** Paths from the root, sorted, with slashes. */
export function findTests(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .sort()
}

/** Neighbours stay together, in as few groups as the limit allows, all of about the same weight. */
function split(name: string, files: readonly TestFile[]): { name: string; files: TestFile[] }[] {
  const total = weightOf(files)
  const share = total / Math.ceil(total / LIMIT)
  const groups: TestFile[][] = []
  let before = 0
  for (const file of files) {
    const index = Math.floor((before + weigh(file) / 2) / share)
    groups[index] = [...(groups[index] ?? []), file]
    before += weigh(file)
  }
  const filled = groups.filter((group) => group !== undefined)
  return filled.map((group, index) => ({ name: filled.length === 1 ? name : `${name}-${index + 1}`, files: group }))
}

const folderOf = ({ path }: TestFile): string => path.split('/').slice(1, -1)[0] ?? ''
const weigh = (file: TestFile): number => file.text.split('\n').length * (SLOWNESS[folderOf(file)] ?? 1)
const weightOf = (files: readonly TestFile[]): number => files.reduce((total, file) => total + weigh(file), 0)

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))]
}
