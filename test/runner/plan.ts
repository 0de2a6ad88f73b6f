/**
 * Which test files share a process. Every file below `test/` that ends in `.test.ts` is in the plan, wherever it lies: nobody
 * keeps a list. A file that can't share a process says so itself, in a comment: `Runs alone: why`.
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
/** A file weighs as much as it has lines, and this more for everything in it that starts a process, a database or a browser. */
const HEAVY = /\b(?:spawn\w*|start\w*|withPostgres|withOwnPostgres|launch|races|killAndProve|saturate)\(/g
const HEAVY_LINES = 60
/** No process gets more than this, unless one file alone weighs more. */
const LIMIT = 2500

/** Heaviest first, so that none of the long ones is left for the end. */
export function planTasks(root: string): Task[] {
  const tasks: { name: string; files: string[]; weight: number }[] = []
  const folders = new Map<string, TestFile[]>()
  for (const path of findTests(root)) {
    const file = { path, text: readFileSync(join(root, path), 'utf8') }
    const folder = ALONE.test(file.text) ? path : (path.split('/')[1] ?? path)
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  for (const [folder, files] of folders) {
    const groups = split(files)
    groups.forEach((group, index) => {
      const name = folder.replace(/^test\/|\.test\.ts$/g, '').replaceAll('/', '-') + (groups.length > 1 ? `-${index + 1}` : '')
      tasks.push({ name, files: group.map(({ path }) => path), weight: sum(group.map(weigh)) })
    })
  }
  return tasks.sort((one, other) => other.weight - one.weight)
}

/** Paths from the root, sorted, with slashes. */
export function findTests(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .sort()
}

/** Neighbours stay together, in as few groups as the limit allows, all of about the same weight. */
function split(files: readonly TestFile[]): TestFile[][] {
  const share = sum(files.map(weigh)) / Math.ceil(sum(files.map(weigh)) / LIMIT)
  const groups: TestFile[][] = []
  let before = 0
  for (const file of files) {
    const index = Math.floor((before + weigh(file) / 2) / share)
    ;(groups[index] ??= []).push(file)
    before += weigh(file)
  }
  return groups.filter((group) => group !== undefined)
}

const weigh = ({ text }: TestFile): number => text.split('\n').length + HEAVY_LINES * [...text.matchAll(HEAVY)].length

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
