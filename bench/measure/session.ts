/** All servers of a run, side by side, and the rows one after the other. */
import { join } from 'node:path'
import { say } from './again.ts'
import { measureRow } from './measure-row.ts'
import type { Amounts, Contestant } from './measure-row.ts'
import type { Options } from './options.ts'
import { HERE, addMachine, startOurs } from '../servers/ours.ts'
import { preparePeer, startPeer } from '../peer/peer.ts'
import { prepare } from '../rows/prepare.ts'
import { comeBy, openDoor } from '../rows/provided.ts'
import type { ServerProcess } from '../servers/processes.ts'
import type { Row } from '../rows/row.ts'
import type { Scenario } from '../rows/scenario.ts'
import { scenarios } from '../rows/scenarios.ts'

/** A server, and all rows as it takes them. */
interface Entry {
  readonly server: ServerProcess
  readonly scenarios: readonly Scenario[]
}

/**
 * @param names of the rows
 * @param folder an empty one, for the databases
 * @param failed is called for a row that can't be measured; the others are all the same
 */
export async function measure(
  names: readonly string[],
  { others, against, settings }: Options,
  amounts: Amounts,
  folder: string,
  failed: (error: Error) => void,
): Promise<Row[]> {
  const door = await openDoor()
  const started: ServerProcess[] = []
  const keep = async (starting: Promise<ServerProcess>): Promise<ServerProcess> => {
    const server = await starting
    started.push(server)
    return server
  }
  async function checkout(name: string, path: string, settings = {}): Promise<Entry> {
    const databaseUrl = `sqlite:${join(folder, `${name}.db`)}`
    const server = await keep(startOurs(databaseUrl, { ...door.settings, ...settings }, [], path))
    const prepared = await prepare(server.url)
    const provided = await comeBy(door, server.url, prepared.client)
    if (provided === undefined && path === HERE) throw new Error('no provider is on the login page')
    return { server, scenarios: scenarios({ ...prepared, provided, machine: addMachine(databaseUrl, path) }) }
  }
  async function startedPeer(): Promise<Entry> {
    const server = await keep(startPeer())
    return { server, scenarios: scenarios(await preparePeer(server.url)) }
  }

  try {
    const ours = await checkout('ours', HERE, settings)
    const before = against === undefined ? undefined : await checkout('before', against)
    const peer = others ? await startedPeer() : undefined
    const rows: Row[] = []
    for (const name of names) {
      const contestant = ({ server, scenarios }: Entry): Contestant => ({ server, scenario: scenarios.find((one) => one.name === name)! })
      const sides = { ours: contestant(ours), before: before && contestant(before), peer: peer && contestant(peer) }
      try {
        rows.push(await measureRow(sides, amounts, others ? folder : undefined))
        say(`${name}: done\n`)
      } catch (error) {
        failed(error as Error)
      }
    }
    return rows
  } finally {
    await Promise.all(started.map((server) => server.stop()))
    await door.stop()
  }
}
