// Compiles src/ to dist/, or to the folder that is named, and copies what the compiler leaves out: migrations, templates, locales.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const target = process.argv[2] === undefined ? at('dist') : resolve(process.argv[2])
const copied = ['storage/migrations', 'templates']

// `npm install --omit=dev` leaves the compiler out: what was built before is what will run.
const tsc = findCompiler()
if (tsc === undefined) {
  if (existsSync(join(target, 'server.js'))) process.exit(0)
  console.error('TypeScript is not installed, and nothing was built before: run npm install, then try again.')
  process.exit(1)
}

const options = ['--outDir', target, '--tsBuildInfoFile', join(target, '.tsbuildinfo')]
const compiled = spawnSync(process.execPath, [tsc, '-p', at('tsconfig.build.json'), ...options], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

for (const folder of copied) {
  rmSync(join(target, folder), { recursive: true, force: true })
  cpSync(at(`src/${folder}`), join(target, folder), { recursive: true })
}

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc')
  } catch {
    return undefined
  }
}
