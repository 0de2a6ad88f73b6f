/** A process or thread that opens the storage at a URL, and makes the calls that its parent sends. */
import { parentPort, workerData } from 'node:worker_threads'
import { openStorage } from '#src/storage/open.ts'
import type { Storage } from '#src/storage/storage.ts'
import type { Batch } from './workers.ts'

const url = parentPort === null ? process.argv[2]! : (workerData as string)
const say = (message: object) => (parentPort === null ? process.send?.(message) : parentPort.postMessage(message))
const leave = () => (parentPort === null ? process.connected && process.disconnect() : parentPort.close())

const storage = await openStorage(url).catch((error: Error) => {
  say({ refused: `${error.name}: ${error.message}` })
  leave()
})
if (storage) {
  say({ ready: true })
  const parent = parentPort ?? process
  parent.on('message', (batch: Batch | 'end') => {
    if (batch === 'end') void storage.close().then(leave)
    else void run(storage, batch).then((outcomes) => say({ outcomes }))
  })
  process.on('disconnect', () => void storage.close())
}

/** Makes the calls of a batch at once; an outcome is the value of a call, or the name of its error. */
function run(stores: Storage, { store, method, calls }: Batch): Promise<unknown[]> {
  const target = stores[store] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  return Promise.all(calls.map((args) => target[method]!(...args).catch((error: Error) => `${error.name}: ${error.message}`)))
}
