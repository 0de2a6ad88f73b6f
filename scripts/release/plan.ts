/** What `npm run release -- ...` asks for, and what it may not release. */
import { parseArgs } from 'node:util'
import { ReleaseRefused } from './refused.ts'

export interface Wanted {
  /** `major`, `minor`, `patch` or a version. */
  readonly version: string
  /** Changes no file. */
  readonly dryRun: boolean
  /** Runs `npm test`; only a dry run may leave it out. */
  readonly tests: boolean
}

export const USAGE = `npm run release -- VERSION [--dry-run [--no-tests]]

VERSION is major, minor, patch, or a version such as 1.2.3.`

/** @throws {ReleaseRefused} if the words ask for nothing that can be done */
export function parseWanted(words: readonly string[]): Wanted {
  const { positionals, values } = read(words)
  const [version, ...more] = positionals
  if (version === undefined || more.length > 0) throw new ReleaseRefused(USAGE)
  const dryRun = values['dry-run'] === true
  const tests = values['no-tests'] !== true
  if (!dryRun && !tests) throw new ReleaseRefused('A release runs the tests: --no-tests is for --dry-run.')
  return { version, dryRun, tests }
}

function read(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: { 'dry-run': { type: 'boolean' }, 'no-tests': { type: 'boolean' } },
      allowPositionals: true,
    })
  } catch (error) {
    throw new ReleaseRefused(`${(error as Error).message.split('. ', 1)[0]!}\n\n${USAGE}`)
  }
}

/** @param status what `git status --porcelain` prints */
export function refuseDirty(status: string): void {
  const lines = status.split('\n').filter((line) => line.trim() !== '')
  if (lines.length > 0) throw new ReleaseRefused(`The checkout has changes that are not committed:\n${lines.join('\n')}`)
}

/** What a package must not lack, and what must not be in one. */
const NEEDED = [
  'package.json',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  '.env.example',
  'docs/configuration.md',
  'docs/clients/registration.md',
  'dist/cli.js',
  'dist/server.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/resource-server/index.js',
  'dist/resource-server/index.d.ts',
  'dist/storage/migrations/0001.do.initial.sql',
  'dist/templates/login.hbs',
]
const UNWANTED = /^(src|test|bench|scripts|examples|data|node_modules)\/|^\.env$|\.(db|tgz|pem|key)$|(^|\/)secret$/

/** @param files the paths in the tarball, as `npm pack --json` names them */
export function refuseContent(files: readonly string[]): void {
  const missing = NEEDED.filter((path) => !files.includes(path))
  if (missing.length > 0) throw new ReleaseRefused(`The package lacks ${missing.join(', ')}.`)
  const unwanted = files.filter((path) => UNWANTED.test(path))
  if (unwanted.length > 0) throw new ReleaseRefused(`The package must not hold ${unwanted.join(', ')}.`)
}

/** The steps that a person takes once the tarball is checked. */
export const nextSteps = (version: string, tarball: string): string => `
${tarball} is built and checked: installed in an empty folder, it starts and answers.

Next:
  git commit --all --message "chore: release ${version}"
  git tag --annotate v${version} --message ${version}
  git push --follow-tags
Then make a release of the tag v${version}: its text is the section of CHANGELOG.md, and the tarball is attached.
docs/releasing.md has the rest.
`
