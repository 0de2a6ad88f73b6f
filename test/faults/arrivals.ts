/** Requests as the world sends them: by the clock, whether or not the ones before were answered. */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

export interface Shot {
  readonly path: string
  readonly headers: Record<string, string>
  /** A form: then it is a POST. */
  readonly body?: string
  onAnswer?(status: number, body: string): void
}

export interface Latencies {
  /** Answers per second that are neither 503 nor failures. */
  readonly served: number
  readonly shed: number
  /** Broken connections, other statuses than 2xx, 3xx and 503, and 503 without `Retry-After`. */
  readonly failed: number
  /** Of what was served, from the instant at which it was due, in ms. */
  readonly p50: number
  readonly p99: number
}

/** How often requests that are due are sent, in ms. */
const TICK_MS = 5
/** Longest wait for an answer, in ms. */
const PATIENCE_MS = 20_000

/** Sends `perSecond` requests for a time and waits for all answers. */
export async function arrive(issuer: string, seconds: number, perSecond: number, next: () => Shot): Promise<Latencies> {
  return measure(issuer, async (send) => {
    const begun = performance.now()
    const underWay: Promise<void>[] = []
    for (let sent = 0; performance.now() - begun < seconds * 1000; await wait(TICK_MS)) {
      for (const due = ((performance.now() - begun) / 1000) * perSecond; sent < due; sent++) underWay.push(send(next(), begun + (sent * 1000) / perSecond))
    }
    const elapsed = performance.now() - begun
    await Promise.all(underWay)
    return elapsed
  })
}

/** As many a second as are answered when `connections` ask again with each answer: what the server can carry. */
export async function saturate(issuer: string, seconds: number, connections: number, next: () => Shot): Promise<Latencies> {
  return measure(issuer, async (send) => {
    const begun = performance.now()
    const askOn = async () => {
      do await send(next(), performance.now())
      while (performance.now() - begun < seconds * 1000)
    }
    await Promise.all(Array.from({ length: connections }, askOn))
    return performance.now() - begun
  })
}

async function measure(issuer: string, run: (send: (shot: Shot, dueAt: number) => Promise<void>) => Promise<number>): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  let [shed, failed] = [0, 0]

  function send(shot: Shot, dueAt: number): Promise<void> {
    return new Promise((resolve) => {
      const fail = () => {
        failed++
        resolve()
      }
      const sending = request(issuer + shot.path, { agent, method: shot.body === undefined ? 'GET' : 'POST', headers: shot.headers, timeout: PATIENCE_MS }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('error', fail).on('end', () => {
          const status = response.statusCode!
          if (status === 503 && response.headers['retry-after'] !== undefined) shed++
          else if (status < 400) times.push(performance.now() - dueAt)
          else failed++
          shot.onAnswer?.(status, status === 303 ? response.headers.location! : body)
          resolve()
        })
      })
      sending.on('timeout', () => sending.destroy()).on('error', fail).end(shot.body)
    })
  }

  const seconds = (await run(send)) / 1000
  agent.destroy()
  times.sort((a, b) => a - b)
  const quantile = (share: number) => times[Math.floor(times.length * share)] ?? Infinity
  return { served: times.length / seconds, shed: shed / seconds, failed, p50: quantile(0.5), p99: quantile(0.99) }
}
