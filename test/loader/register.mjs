/** Has Node run TypeScript by blanking out its types: `node --import ./test/loader/register.mjs file.ts`. */
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
