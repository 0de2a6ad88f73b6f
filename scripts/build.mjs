/*
 * Compiles src/ to dist/ (or to the folder that is named), and copies what the compiler leaves out: migrations,
 * templates, locales. With --if-changed, only when a source is newer than the last build; another folder then gets a copy of dist/.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const { ifChanged, folder } = readArguments(process.argv.slice(2))
const target = folder === undefined ? at('dist') : resolve(folder)
const copied = ['storage/migrations', 'templates']

if (ifChanged && isCurrent(target)) process.exit(0)
if (ifChanged && isCurrent(at('dist'))) {
  cpSync(at('dist'), target, { recursive: true })
  process.exit(0)
}

// `npm install --omit=dev` leaves the compiler out: what was built before is what will run.
const tsc = findCompiler()
if (tsc === undefined) {
  if (existsSync(join(target, 'server.js'))) process.exit(0)
  console.error('TypeScript is not installed, and nothing was built before: run npm install, then try again.')
  process.exit(1)
}

rmSync(target, { recursive: true, force: true })
const compiled = spawnSync(process.execPath, [tsc, '-p', at('tsconfig.build.json'), '--outDir', target], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)
for (const path of copied) cpSync(at(`src/${path}`), join(target, path), { recursive: true })
writeFileSync(stampOf(target), '')

function readArguments(args) {
  return { ifChanged: args.includes('--if-changed'), folder: args.find((arg) => !arg.startsWith('--')) }
}

function stampOf(built) {
  return join(built, '.built')
}

function isCurrent(built) {
  if (!existsSync(stampOf(built))) return false
  const sources = readdirSync(at('src'), { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath ?? entry.path, entry.name),
  )
  const newest = Math.max(
    ...[...sources, at('src'), at('package.json'), at('tsconfig.json'), at('tsconfig.build.json')].map((path) => statSync(path).mtimeMs),
  )
  return newest < statSync(stampOf(built)).mtimeMs
}

function findCompiler() {
  try {
    return join(createRequire(import.meta.url).resolve('typescript-7/package.json'), '../lib/tsc.js')
  } catch {
    return undefined
  }
}
