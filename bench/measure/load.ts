/** Loads one address with one kind of request, or with a few that follow one another, and measures. */
import autocannon from 'autocannon'
import type { ServerProcess } from '../servers/processes.ts'

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
  /** By name in lower case. */
  readonly headers: Record<string, string>
}

export interface Figures {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Server CPU time per 1000 requests, or turns of several. */
  readonly cpuMsPer1000: number | undefined
}

export interface Step {
  /** The next request of a connection; `turn` is another object each time. */
  next(turn: object): Shot
  onAnswer?(answer: Answer, turn: object): void
  /** The only status that counts; any other ends the run. */
  readonly expected: number
}

/** A request, or several in turn on the same connection, which then are measured as one. */
export interface Load extends Step {
  /** With `followedBy`, a multiple of `connections`. */
  readonly amount: number
  readonly connections: number
  readonly followedBy?: readonly Step[]
}

export async function run(server: Pick<ServerProcess, 'url' | 'cpuMs'>, load: Load): Promise<Figures> {
  const steps: readonly Step[] = [load, ...(load.followedBy ?? [])]
  const times: number[] = []
  const turns = new Map<object, { answers: number; ms: number }>()
  let wrong: Error | undefined
  const cpuBefore = server.cpuMs()
  let cpuAfter: number | undefined
  const startedAt = performance.now()
  let endedAt = startedAt
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon(
      {
        url: server.url,
        connections: load.connections,
        amount: load.amount * steps.length,
        timeout: 20,
        sampleInt: 50, // how often it looks whether it is done
        requests: steps.map((step) => ({
          setupRequest: (request, context) => {
            const { headers, ...shot } = step.next(context)
            return { ...request, ...shot, headers: { ...headers } } // autocannon adds to them
          },
          onResponse: (status, body, context, headers) => {
            try {
              if (status !== step.expected) throw new Error(`expected ${step.expected}, got ${status}: ${body}`)
              step.onAnswer?.({ status, body, headers: lowercase(headers as Record<string, string>) }, context)
            } catch (error) {
              wrong ??= error as Error // thrown here, it would end the process and leave the servers behind
            }
          },
        })),
      },
      (error, result) => {
        if (error) reject(error)
        else if (result.errors > 0) reject(new Error(`${result.errors} requests got no answer`))
        else resolve()
      },
    )
    instance.on('response', (client, _status, _bytes, time) => {
      const turn = turns.get(client) ?? { answers: 0, ms: 0 }
      turns.set(client, ++turn.answers < steps.length ? { ...turn, ms: turn.ms + time } : { answers: 0, ms: 0 })
      if (turn.answers < steps.length) return
      times.push(turn.ms + time)
      endedAt = performance.now()
      if (times.length === load.amount) cpuAfter = server.cpuMs()
    })
  })
  const seconds = (endedAt - startedAt) / 1000 // the tool itself stops a little later, in which the server tidies up
  if (wrong !== undefined) throw wrong
  times.sort((a, b) => a - b)
  return {
    requestsPerSecond: times.length / seconds,
    p50Ms: times[Math.floor(times.length * 0.5)]!,
    p99Ms: times[Math.floor(times.length * 0.99)]!,
    maxMs: times.at(-1)!,
    cpuMsPer1000: cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) / times.length) * 1000,
  }
}

function lowercase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
