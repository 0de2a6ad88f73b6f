/**
 * Compiles the schemas of requests once per process, however many apps its tests build. Fastify makes a pool of compilers for each
 * app, and compiling costs more than everything else in building one. The compiler is Fastify's own; only the pool is shared.
 */
import { createRequire } from 'node:module'

const require = createRequire(createRequire(import.meta.url).resolve('fastify'))
const name = '@fastify/ajv-compiler'
const pool = (require(name) as () => unknown)()
require.cache[require.resolve(name)]!.exports = () => pool
