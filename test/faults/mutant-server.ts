/** The server, but for its storage: the mutant that MUTANT names. Started by kills.ts only. */
import { bootstrapAdmin } from '#src/process/bootstrap-admin.ts'
import { buildApp } from '#src/app.ts'
import { readEnvironment } from '#src/process/environment.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { openStorage } from '#src/storage/open.ts'
import { MUTANTS } from './mutants.ts'

const read = readEnvironment()
if (!read.ok) throw new Error(read.error.join('\n'))
const config = read.value
await (await openStorage(config.databaseUrl)).close() // migrates
const storage = await MUTANTS[process.env['MUTANT']!]!(config.databaseUrl)
await bootstrapAdmin(storage, config, Date.now())
const keyset = await loadKeyset(storage.keys, config.secret!, Date.now(), {
  previousSecret: undefined,
  rotationInterval: config.keyRotationInterval,
})
const app = await buildApp({ config, storage, keyset, secret: config.secret! })
await app.listen({ port: config.port, host: config.host })
