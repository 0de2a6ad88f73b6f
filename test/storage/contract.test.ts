// The names in the contract: each method begins with one of the verbs that storage.ts lists.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { createStorage } from '#src/storage/open.ts'
import { openPreparedDriver } from '#test/support/memory-storage.ts'

t.test('every method begins with a verb that the contract lists, and every verb is used', async (t) => {
  const [, text = ''] = /Verbs:(.*?)\*\n/s.exec(readFileSync(new URL('../../src/storage/storage.ts', import.meta.url), 'utf8')) ?? []
  const listed = new Set([...text.replaceAll('\n *', '').matchAll(/`([a-z ]+)`/g)].flatMap(([, words]) => words!.split(' ')))
  const storage = createStorage(await openPreparedDriver())
  t.teardown(() => storage.close())
  const methods = Object.values(storage).flatMap((store) => (typeof store === 'function' ? [] : Object.keys(store)))
  const verbs = new Set(methods.map((method) => /^[a-z]+/.exec(method)![0]))
  t.strictSame(
    [...verbs].filter((verb) => !listed.has(verb)),
    [],
  )
  t.strictSame(
    [...listed].filter((verb) => !verbs.has(verb) && !(verb in storage)),
    [],
  )
})
