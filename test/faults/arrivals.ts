/** Requests as the world sends them: by the clock, whether or not the ones before were answered. */
import { setTimeout as wait } from 'node:timers/promises'
import { openConnections } from './connections.ts'

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
  /** What came while every connection waited for its answer. */
  readonly unsent: number
  /** Broken connections, other statuses than 2xx, 3xx and 503, and 503 without `Retry-After`. */
  readonly failed: number
  /** Of what was served, from the instant at which it was due, in ms. */
  readonly p50: number
  readonly p99: number
}

/** How often requests that are due are sent, in ms. */
const TICK_MS = 5
/** Sends `perSecond` requests for a time and waits for all answers. */
export async function arrive(issuer: string, seconds: number, perSecond: number, next: () => Shot): Promise<Latencies> {
  return measure(issuer, async (send) => {
    const begun = performance.now()
    const underWay = new Set<Promise<void>>()
    for (let sent = 0; performance.now() - begun < seconds * 1000; await wait(TICK_MS)) {
      for (const due = ((performance.now() - begun) / 1000) * perSecond; sent < due; sent++) {
        const shot = send(next(), begun + (sent * 1000) / perSecond).finally(() => underWay.delete(shot))
        underWay.add(shot)
      }
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
  const connections = openConnections(issuer)
  const times: number[] = []
  let [shed, failed, unsent] = [0, 0, 0]

  async function send(shot: Shot, dueAt: number): Promise<void> {
    const answer = await connections.ask(textOf(shot, new URL(issuer).host))
    if (answer === 'full') unsent++
    if (answer === 'broken') failed++
    if (typeof answer === 'string') return shot.onAnswer?.(503, '')
    const { status, head, body } = answer
    if (status === 503 && /\r\nretry-after: /i.test(head)) shed++
    else if (status < 400) times.push(performance.now() - dueAt)
    else failed++
    shot.onAnswer?.(status, status === 303 ? /\r\nlocation: (.*)/i.exec(head)![1]! : body)
  }

  const seconds = (await run(send)) / 1000
  connections.close()
  times.sort((a, b) => a - b)
  const quantile = (share: number) => times[Math.floor(times.length * share)] ?? Infinity
  return { served: times.length / seconds, shed: shed / seconds, unsent: unsent / seconds, failed, p50: quantile(0.5), p99: quantile(0.99) }
}

function textOf({ path, headers, body }: Shot, host: string): string {
  const lines = Object.entries({ host, ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) })
  return `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`
}
