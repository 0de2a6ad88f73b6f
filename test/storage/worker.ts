/** Another process with the same storage: it opens the URL in its argument, and makes the calls that its parent sends. */
import { openStorage } from '../../src/storage/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { Batch } from './processes.ts'

const [, , url = ''] = process.argv

const storage = await openStorage(url).catch((error: Error) => {
  process.send?.({ refused: `${error.name}: ${error.message}` })
  process.disconnect()
})
if (storage) {
  process.send?.({ ready: true })
  process.on('message', (batch: Batch) => void run(storage, batch).then((outcomes) => process.send?.({ outcomes })))
  process.on('disconnect', () => void storage.close())
}

/** Makes the calls of a batch together; an outcome is the call's value, or the name of its error. */
function run(stores: Storage, { store, method, calls }: Batch): Promise<unknown[]> {
  const target = stores[store] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  return Promise.all(calls.map((args) => target[method]!(...args).catch((error: Error) => `${error.name}: ${error.message}`)))
}
