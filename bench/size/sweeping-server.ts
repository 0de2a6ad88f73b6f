/**
 * Our server in a process that begins to sweep when it is told to, and at the end tells of each of the sweeper's
 * transactions on SQLite how long it held up everything else, and how much CPU time it took.
 */
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import { loadKeyset } from '../../src/crypto/keyset.ts'
import { stepsOf, unit } from '../../src/storage/driver.ts'
import type { Driver } from '../../src/storage/driver.ts'
import { createStorage, openDriver } from '../../src/storage/open.ts'
import { startSweeper } from '../../src/jobs/sweeper.ts'

/** What came of the sweep, as it is sent to the parent. */
export interface Swept {
  readonly records: number
  /** Of each transaction, in ms. */
  readonly wall: number[]
  readonly cpu: number[]
}

const [, , databaseUrl = ''] = process.argv
const SECRET = 'a secret of the benchmark, longer than 32 characters'

const config = loadConfig({ SECRET, DATABASE_URL: databaseUrl, RATE_LIMIT_TOKEN: 'off' })
if (!config.ok) throw new Error(config.error.join('\n'))
const driver = await openDriver(databaseUrl)
const wall: number[] = []
const cpu: number[] = []
const timed: Driver = {
  ...driver,
  async write(work) {
    let begun = 0
    let cpuBegun = process.cpuUsage()
    // It waits for its turn before it begins; from there to the end of the commit nothing else runs.
    const outcome = await driver.write(
      unit(function* () {
        begun = performance.now()
        cpuBegun = process.cpuUsage()
        return yield* stepsOf(work)
      }),
    )
    const { user, system } = process.cpuUsage(cpuBegun)
    wall.push(performance.now() - begun)
    cpu.push((user + system) / 1000)
    return outcome
  },
}

let sweeping = false
let records = 0
const { sweep } = createStorage(databaseUrl.startsWith('sqlite:') ? timed : driver)
const storage = {
  ...createStorage(driver),
  async sweep(...step: Parameters<typeof sweep>): Promise<number> {
    if (!sweeping) return 0
    const removed = await sweep(...step)
    records += removed
    sweeping = removed > 0
    if (!sweeping) process.send?.({ records, wall, cpu } satisfies Swept)
    return removed
  },
}
const keyset = await loadKeyset(storage.keys, SECRET, Date.now())
const app = await buildApp({ config: config.value, storage, keyset, secret: SECRET })
startSweeper(app, 1000)
const url = await app.listen({ port: 0, host: 'localhost' })
process.on('message', () => (sweeping = true))
process.on('disconnect', () => void app.close())
process.send?.({ url })
