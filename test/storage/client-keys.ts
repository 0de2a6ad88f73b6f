/** Clients from before migration 60 get what they are found by: as new ones do. */
import { readFileSync } from 'node:fs'
import { linesFor } from '#src/storage/migrate.ts'
import type { Storage } from '#src/storage/storage.ts'
import { addClient, makeClient } from './conformance/records.ts'

const MIGRATION = new URL('../../src/storage/migrations/0060.do.client_search.sql', import.meta.url)

/** Adds clients, takes away their keys, and lets the migration find them again; returns what each is found by before and after. */
export async function fillKeysAgain(storage: Storage, engine: 'SQLite' | 'PostgreSQL', execute: (sql: string) => Promise<unknown>) {
  const { metadata } = makeClient()
  const app = (id: string, redirectUris: string[], client_name?: string) =>
    addClient(storage, {
      id,
      authorizedAt: 1,
      metadata: { ...metadata, redirectUris, display: client_name === undefined ? {} : { client_name } },
    })
  await app('client_plain', ['http://127.0.0.1/', 'https://App.Example.com:8443/callback?a=/b', 'https://b.example/'], 'Comet Chat')
  await app('client_bare', ['https://bare.example'], `Ä ${'x'.repeat(90)}`)
  await app('client_local', ['http://localhost/callback'])
  await addClient(storage, { id: 'https://vendor.example/app/client', origin: 'document', authorizedAt: 1, metadata })
  const keys = async () => {
    const all = await Promise.all((['name', 'host'] as const).map((by) => storage.clients.listByKey(by, '', { limit: 99 })))
    return all.map((found) => found.map(({ key, client }) => `${key} ${client.id}`).sort())
  }
  const before = await keys()
  await execute('update clients set name_key = null, host_key = null')
  const without = await keys()
  const lines = linesFor(engine, readFileSync(MIGRATION, 'utf8')).split('\n')
  for (const line of lines.filter((each) => each.startsWith('update'))) await execute(line)
  return { before, without, after: await keys() }
}
