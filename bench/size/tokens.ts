/** What the token endpoint and a start cost with a full database, beside an almost empty one. */
import type { Figures, Load } from '../measure/load.ts'
import { run } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { startOurs } from '../servers/ours.ts'
import type { ServerProcess } from '../servers/processes.ts'
import type { Engine } from './engines.ts'
import type { FamilyLoads } from './families.ts'

export interface Filled {
  readonly databaseUrl: string
  readonly loads: FamilyLoads
}

export interface Comparison {
  readonly name: string
  readonly empty: Figures
  readonly full: Figures
}

export interface Start {
  readonly ms: number
  readonly cpuMs: number
}

const SECRET = 'a secret of the benchmark, longer than 32 characters'
const SETTINGS = { SECRET, MAX_CLIENTS: 'off', LOG_LEVEL: 'warn' }
const CONNECTIONS = 8
const NAMES = { refresh: 'refresh', comeBack: 'refresh, the first of a day', exchange: 'code exchange' } as const

export const serve = ({ databaseUrl }: Pick<Filled, 'databaseUrl'>): Promise<ServerProcess> => startOurs(databaseUrl, SETTINGS)

/** Rounds of both in turn, so that what else the machine does meets both alike. CPU time is the server's and the engine's together. */
export async function measureTokens(engine: Engine, empty: Filled, full: Filled, amount: number, rounds: number): Promise<Comparison[]> {
  const sides = await Promise.all(
    [empty, full].map(async (filled) => {
      const server = await serve(filled)
      const whole = { url: server.url, cpuMs: () => (server.cpuMs() ?? 0) + engine.cpuMs() }
      return {
        server,
        whole,
        loads: filled.loads,
        figures: { refresh: [] as Figures[], comeBack: [] as Figures[], exchange: [] as Figures[] },
      }
    }),
  )
  try {
    const kinds = Object.keys(NAMES) as (keyof typeof NAMES)[]
    for (let round = -1; round < rounds; round++) {
      for (const kind of kinds) {
        for (const { whole, loads, figures } of round % 2 === 0 ? sides : sides.toReversed()) {
          const load: Load = loads[kind](amount, CONNECTIONS)
          const result = await run(whole, load)
          if (round >= 0) figures[kind].push(result) // the first round warms up
        }
      }
    }
    const [small, large] = sides
    return kinds.map((kind) => ({ name: NAMES[kind], empty: middle(small!.figures[kind]), full: middle(large!.figures[kind]) }))
  } finally {
    for (const { server } of sides) await server.stop()
  }
}

/** The median of each figure by itself. */
function middle(rounds: readonly Figures[]): Figures {
  const of = (key: keyof Figures): number => median(rounds.map((figures) => figures[key] ?? NaN))
  return {
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    maxMs: of('maxMs'),
    cpuMsPer1000: of('cpuMsPer1000'),
  }
}

/** From nothing to the first answer. */
export async function measureStart(filled: Filled): Promise<Start> {
  const begun = performance.now()
  const server = await serve(filled)
  const start = { ms: performance.now() - begun, cpuMs: server.cpuMs() ?? NaN }
  await server.stop()
  return start
}
