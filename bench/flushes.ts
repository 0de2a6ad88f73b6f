/** What group commit is worth: registrations, each of which is on the disk before its answer leaves, against flushes to the disk. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { again, say } from './measure/again.ts'
import { run } from './measure/load.ts'
import { registration } from './rows/requests.ts'

export interface Flushes {
  readonly connections: number
  readonly perSecond?: { readonly requests: number; readonly flushes: number }
  /** Why there are no figures: a busy machine may not carry so many connections. */
  readonly refusal?: string
}

const CONNECTIONS = [1, 4, 16, 64, 256]

/**
 * @param path a database file, which is made
 * @param amount registrations for each number of connections
 */
export async function measureFlushes(path: string, atLeast: number): Promise<Flushes[]> {
  const server = fork(fileURLToPath(new URL('servers/counting-server.ts', import.meta.url)), [path], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const told = async <T>(): Promise<T> => ((await once(server, 'message')) as [T])[0]
  const { url } = await told<{ url: string }>()
  async function commits(): Promise<number> {
    const answer = told<{ commits: number }>()
    server.send('count')
    return (await answer).commits
  }
  async function measure(connections: number) {
    const amount = Math.max(atLeast, connections)
    const before = await commits()
    const { requestsPerSecond } = await run(
      { url, cpuMs: () => undefined },
      { amount, connections, expected: 201, next: () => registration },
    )
    return { requests: requestsPerSecond, flushes: ((await commits()) - before) * (requestsPerSecond / amount) }
  }
  const figures: Flushes[] = []
  try {
    // the first one warms up
    for (const connections of [CONNECTIONS[0]!, ...CONNECTIONS]) {
      try {
        figures.push({ connections, perSecond: await again(`${connections} connections`, say, () => measure(connections)) })
      } catch (error) {
        figures.push({ connections, refusal: (error as Error).message })
      }
    }
  } finally {
    const ended = once(server, 'exit')
    server.disconnect()
    await ended
  }
  return figures.slice(1)
}
