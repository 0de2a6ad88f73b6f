/**
 * The schemas of requests are compiled once a process, however many apps its tests build: Fastify has a pool of compilers for
 * each app, and compiling costs more than the rest of building one. The compiler is Fastify's own.
 */
import { createRequire } from 'node:module'

const require = createRequire(createRequire(import.meta.url).resolve('fastify'))
const name = '@fastify/ajv-compiler'
const pool = (require(name) as () => unknown)()
require.cache[require.resolve(name)]!.exports = () => pool
