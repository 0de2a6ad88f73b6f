/** How long the sweeper holds requests up while it removes what is over from a full database, under load. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { run } from '../measure/load.ts'
import type { Figures } from '../measure/load.ts'
import type { Swept } from './sweeping-server.ts'
import type { Filled } from './tokens.ts'

export interface Sweeping {
  readonly records: number
  readonly seconds: number
  /** Of the sweeper's transactions, in ms, in order; none where the engine doesn't run in our process. */
  readonly wall: readonly number[]
  readonly cpu: readonly number[]
  /** Requests before it began, and while it was at work. */
  readonly before: Figures
  readonly meanwhile: Figures
}

/** Few, as requests that wait for each other would hide what they wait for. */
const CONNECTIONS = 2
const PIECE = 1000
/** Enough that their longest request is as rare a one as the longest while it sweeps. */
const CALM_ROUNDS = 50

/** @param full has records that are over */
export async function measureSweeping({ databaseUrl, loads }: Filled): Promise<Sweeping> {
  const server = fork(fileURLToPath(new URL('sweeping-server.ts', import.meta.url)), [databaseUrl], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [{ url }] = (await once(server, 'message')) as [{ url: string }]
  try {
    const load = () => run({ url, cpuMs: () => undefined }, loads.refresh(PIECE, CONNECTIONS))
    await load()
    const calm: Figures[] = []
    while (calm.length < CALM_ROUNDS) calm.push(await load())
    const before = worst(calm)

    const begun = performance.now()
    let seconds = 0
    const told = once(server, 'message').then(([swept]) => {
      seconds = (performance.now() - begun) / 1000
      return swept as Swept
    })
    server.send('sweep')
    const rounds: Figures[] = []
    while (seconds === 0) rounds.push(await load())
    const { records, wall, cpu } = await told
    const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b)
    return { records, seconds, wall: sorted(wall), cpu: sorted(cpu), before, meanwhile: worst(rounds) }
  } finally {
    const ended = once(server, 'exit')
    if (server.connected) server.disconnect()
    if (server.exitCode === null) await ended
  }
}

/** Medians of the rounds; the longest request of all. */
function worst(rounds: readonly Figures[]): Figures {
  const middle = rounds.toSorted((a, b) => a.p99Ms - b.p99Ms)[Math.floor(rounds.length / 2)]!
  return { ...middle, maxMs: Math.max(...rounds.map(({ maxMs }) => maxMs)) }
}
