/** Loads one address with one kind of request, and measures. */
import autocannon from 'autocannon'
import type { ServerProcess } from './processes.ts'

/** A request as it goes out; a scenario makes one for each turn, so that codes and tokens are used once. */
export interface Shot {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Record<string, string>
}

export interface Figures {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Server CPU time per 1000 requests. */
  readonly cpuMsPer1000: number | undefined
}

export interface Load {
  readonly amount: number
  readonly connections: number
  /** The next request of a connection. */
  next(connection: object): Shot
  onAnswer?(answer: Answer, connection: object): void
  /** The only status that counts; any other ends the run. */
  readonly expected: number
}

export async function run(server: Pick<ServerProcess, 'url' | 'cpuMs'>, load: Load): Promise<Figures> {
  const times: number[] = []
  let wrong: Answer | undefined
  const cpuBefore = server.cpuMs()
  let cpuAfter: number | undefined
  const startedAt = performance.now()
  let endedAt = startedAt
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon(
      {
        url: server.url,
        connections: load.connections,
        amount: load.amount,
        timeout: 20,
        requests: [
          {
            setupRequest: (request, context) => ({ ...request, ...load.next(context) }),
            onResponse: (status, body, context, headers) => {
              const answer = { status, body, headers: headers as Record<string, string> }
              if (status === load.expected) load.onAnswer?.(answer, context)
              else wrong ??= answer
            },
          },
        ],
      },
      (error, result) => {
        if (error) reject(error)
        else if (result.errors > 0) reject(new Error(`${result.errors} requests got no answer`))
        else resolve()
      },
    )
    instance.on('response', (_client, _status, _bytes, time) => {
      times.push(time)
      endedAt = performance.now()
      if (times.length === load.amount) cpuAfter = server.cpuMs()
    })
  })
  const seconds = (endedAt - startedAt) / 1000 // the tool itself stops up to a second later, in which the server tidies up
  if (wrong !== undefined) throw new Error(`expected ${load.expected}, got ${wrong.status}: ${wrong.body}`)
  times.sort((a, b) => a - b)
  return {
    requestsPerSecond: times.length / seconds,
    p50Ms: times[Math.floor(times.length * 0.5)]!,
    p99Ms: times[Math.floor(times.length * 0.99)]!,
    maxMs: times.at(-1)!,
    cpuMsPer1000: cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) / times.length) * 1000,
  }
}
