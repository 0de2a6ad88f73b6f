/**
 * Bundles the servers that tests start as processes of their own, and that don't count for coverage: as one file each, with its
 * packages, a server needs half the CPU time to start.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type { Loader, Plugin } from 'esbuild'

/** Paths from the root of the checkout. `startServer` finds the bundle of each below the folder that SERVER_BUNDLES names. */
const SERVERS = ['src/server.ts', 'src/cli.ts', 'test/faults/mutant-server.ts']
/** They bring binaries, which have to stay where they are, or are CommonJS that is imported by names. */
const EXTERNAL = ['@node-rs/argon2', '@photostructure/sqlite', 'pg-native', '@zxcvbn-ts/*']

/** @returns the folder of the bundles */
export async function bundleServers(root: string): Promise<string> {
  const folder = join(root, '.tap/bundles')
  await build({
    entryPoints: SERVERS.map((path) => join(root, path)),
    outbase: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    external: EXTERNAL,
    // Packages of CommonJS call it.
    banner: { js: `import { createRequire as fromHere } from 'node:module'; const require = fromHere(import.meta.url);` },
    plugins: [whereItWas],
    logLevel: 'error',
  })
  return folder
}

/** What a file says of its own place stays true: templates, migrations and `package.json` are found from there. */
const whereItWas: Plugin = {
  name: 'where-it-was',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|m?js)$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      if (!/import\.meta\.url|\b__(?:dirname|filename)\b/.test(source)) return undefined
      const names = [
        ['__dirname', dirname(path)],
        ['__filename', path],
      ].filter(([name = '']) => source.includes(name) && !source.includes(`const ${name}`))
      const declared = names.map(([name, value]) => `var ${name} = ${JSON.stringify(value)}; `).join('')
      const contents = declared + source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: (path.endsWith('.ts') ? 'ts' : 'js') satisfies Loader }
    })
  },
}
