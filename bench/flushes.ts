/** What group commit is worth: registrations, each of which is on the disk before its answer leaves, against flushes to the disk. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { run } from './load.ts'

export interface Flushes {
  readonly connections: number
  readonly requestsPerSecond: number
  readonly flushesPerSecond: number
}

const CONNECTIONS = [1, 4, 16, 64, 256]
const REGISTRATION = {
  method: 'POST' as const,
  path: '/register',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ client_name: 'Bench', redirect_uris: ['https://client.example/callback'] }),
}

/**
 * @param path a database file, which is made
 * @param amount registrations for each number of connections
 */
export async function measureFlushes(path: string, atLeast: number): Promise<Flushes[]> {
  const server = fork(fileURLToPath(new URL('counting-server.ts', import.meta.url)), [path], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const told = async <T>(): Promise<T> => ((await once(server, 'message')) as [T])[0]
  const { url } = await told<{ url: string }>()
  async function commits(): Promise<number> {
    const answer = told<{ commits: number }>()
    server.send('count')
    return (await answer).commits
  }
  const figures: Flushes[] = []
  try {
    // the first one warms up
    for (const connections of [CONNECTIONS[0]!, ...CONNECTIONS]) {
      const amount = Math.max(atLeast, connections)
      const before = await commits()
      const { requestsPerSecond } = await run(
        { url, cpuMs: () => undefined },
        { amount, connections, expected: 201, next: () => REGISTRATION },
      )
      figures.push({ connections, requestsPerSecond, flushesPerSecond: ((await commits()) - before) * (requestsPerSecond / amount) })
    }
  } finally {
    const ended = once(server, 'exit')
    server.disconnect()
    await ended
  }
  return figures.slice(1)
}
