/** What tap runs before all tests: it blanks out whatever is new, so that not each test loads the compiler for its own file. */
import { readdirSync } from 'node:fs'
import { blanked } from './blanked.mjs'

const root = new URL('../../', import.meta.url)
for (const folder of ['src', 'test', 'bench', 'scripts']) {
  for (const path of readdirSync(new URL(folder, root), { recursive: true })) {
    if (path.endsWith('.ts')) await blanked(new URL(`${folder}/${path.replaceAll('\\', '/')}`, root))
  }
}
