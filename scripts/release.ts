/**
 * `npm run release -- VERSION`: sets the version, dates the changelog, builds, packs, and checks the tarball by installing and
 * starting it. Commits, tags and publishes nothing (docs/releasing.md). With --dry-run it changes no file.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dateOf, dateSection, withDate } from './release/changelog.ts'
import { checkInstalled } from './release/installed.ts'
import { nextSteps, parseWanted, refuseContent, refuseDirty } from './release/plan.ts'
import { ReleaseRefused } from './release/refused.ts'
import { nextVersion } from './release/version.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const CHANGED = ['package.json', 'package-lock.json', 'CHANGELOG.md']

async function main(): Promise<void> {
  const { version: wanted, dryRun, tests } = parseWanted(process.argv.slice(2))
  const { version: current } = JSON.parse(read('package.json')) as { version: string }
  const version = nextVersion(current, wanted)
  const changelog = dateSection(read('CHANGELOG.md'), version, new Date().toISOString().slice(0, 10))
  if (!dryRun) refuseDirty(capture('git', 'status', '--porcelain'))
  if (capture('git', 'tag', '--list', `v${version}`).trim() !== '') throw new ReleaseRefused(`There is a tag v${version} already.`)
  console.log(
    `${version === current ? `Version ${version} again` : `Version ${current} becomes ${version}`}${dryRun ? ', in a real run: this one changes no file' : ''}.`,
  )

  for (const script of ['lint', 'typecheck', ...(tests ? ['test'] : [])]) show('npm', 'run', script)
  const before = new Map(CHANGED.map((path) => [path, read(path)]))
  try {
    if (!dryRun) {
      writeFileSync(join(root, 'CHANGELOG.md'), changelog)
      writeFileSync(join(root, 'package.json'), withDate(read('package.json'), dateOf(changelog, version)!))
      show('npm', 'version', version, '--no-git-tag-version', '--allow-same-version')
    }
    await pack(dryRun ? current : version, dryRun)
  } catch (error) {
    if (!dryRun) for (const [path, content] of before) writeFileSync(join(root, path), content)
    throw error
  }
}

/** Builds, packs and checks the tarball; a real run keeps it in the checkout's folder. */
async function pack(version: string, dryRun: boolean): Promise<void> {
  show(process.execPath, 'scripts/build.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'solar-system-release-'))
  try {
    const [packed] = JSON.parse(capture('npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)) as [
      { filename: string; files: { path: string }[] },
    ]
    refuseContent(packed.files.map(({ path }) => path))
    console.log(`Installing and starting ${packed.filename} in an empty folder.`)
    await checkInstalled(join(folder, packed.filename), version)
    if (dryRun) return console.log(`\n${packed.filename} works. Nothing was changed.`)
    writeFileSync(join(root, packed.filename), readFileSync(join(folder, packed.filename)))
    console.log(nextSteps(version, packed.filename))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Runs a program for what it prints. */
function capture(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new ReleaseRefused(`${command} ${args.join(' ')} failed:\n${error?.message ?? ''}${stderr}`)
  return stdout
}

/** Runs a program that people watch. */
function show(command: string, ...args: string[]): void {
  console.log(`\n> ${[command === process.execPath ? 'node' : command, ...args].join(' ')}`)
  if (spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status !== 0)
    throw new ReleaseRefused(`${args.join(' ')} failed: no release.`)
}

main().catch((error: unknown) => {
  if (!(error instanceof ReleaseRefused)) throw error
  console.error(`\n${error.message}`)
  process.exitCode = 1
})
