/** Measures one row: the servers take turns, and every second round goes through them backwards, so that no server always comes first. */
import { again, say } from './again.ts'
import { startBare } from '../servers/bare-process.ts'
import { run } from './load.ts'
import type { Figures } from './load.ts'
import type { ServerProcess } from '../servers/processes.ts'
import { bareLoad, bareRoutes, record } from './recording.ts'
import type { Recording } from './recording.ts'
import type { Row } from '../rows/row.ts'
import { supply } from '../rows/scenario.ts'
import type { Scenario } from '../rows/scenario.ts'

/** A server, and the row as it takes it. */
export interface Contestant {
  readonly server: ServerProcess
  readonly scenario: Scenario
}

export interface Amounts {
  /** The numbers of the rounds: those with an even one go through the servers in order, the others backwards. */
  readonly rounds: readonly number[]
  /** Requests in a round. */
  readonly amount: number
  /** Of the rows that take some 20 us a request: a round has to be long beside the 10 ms in which the system may count CPU time. */
  readonly amountOfCheap: number
  readonly warmUp: number
}

type Round = () => Promise<Figures>
type Side = 'ours' | 'before' | 'peer' | 'bare'
type Taking = Map<Side, Round>

/** @param folder for what the bare server reads; without one it stays away */
export async function measureRow(
  { ours, before, peer }: { ours: Contestant; before: Contestant | undefined; peer: Contestant | undefined },
  { rounds, amount, amountOfCheap, warmUp }: Amounts,
  folder: string | undefined,
): Promise<Row> {
  const { name, sign, cheap } = ours.scenario
  const amountOfOurs = cheap === true ? amountOfCheap : amount
  const recording: Recording = { shots: [], answers: [] }
  const recorded = { ...ours.scenario, load: (amount: number) => record(ours.scenario.load(amount), recording) }
  await again(`${name}, ours`, say, roundOf({ ...ours, scenario: recorded }, warmUp))
  const taking: Taking = new Map([['ours', roundOf(ours, amountOfOurs)]])
  if (before !== undefined) {
    await again(`${name}, before`, say, roundOf(before, warmUp))
    taking.set('before', roundOf(before, amountOfOurs))
  }
  const refusal = peer && (await refusalOf(again(`${name}, peer`, say, roundOf(peer, warmUp))))
  if (peer !== undefined && refusal === undefined) taking.set('peer', roundOf(peer, amount))
  const bare = folder === undefined ? undefined : await startBare(folder, bareRoutes(recording, sign))
  try {
    if (bare !== undefined) {
      await again(`${name}, bare`, say, () => run(bare, bareLoad(recording, warmUp)))
      taking.set('bare', () => run(bare, bareLoad(recording, sign.length === 0 ? amountOfCheap : amount)))
    }
    const figures = await takeTurns(name, taking, rounds)
    const of = (side: Side): readonly Figures[] | undefined => figures.get(side)
    return { name, ours: of('ours')!, before: of('before'), peer: of('peer'), bare: of('bare'), refusal }
  } finally {
    await bare?.stop()
  }
}

function roundOf({ server, scenario }: Contestant, amount: number): Round {
  return async () => {
    await supply(server, scenario, amount)
    return run(server, scenario.load(amount))
  }
}

async function takeTurns(name: string, taking: Taking, rounds: readonly number[]): Promise<Map<Side, Figures[]>> {
  const figures = new Map([...taking.keys()].map((side) => [side, [] as Figures[]]))
  for (const round of rounds) {
    const order = round % 2 === 0 ? [...taking] : [...taking].reverse()
    for (const [side, measure] of order) figures.get(side)!.push(await again(`${name}, ${side}`, say, measure))
  }
  return figures
}

async function refusalOf(warmUp: Promise<unknown>): Promise<string | undefined> {
  try {
    await warmUp
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
