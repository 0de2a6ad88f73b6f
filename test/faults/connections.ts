/** Requests over many connections at as little cost as can be: what sends must be cheaper than what it measures. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

export interface Connections {
  /** Asks over a connection that is idle, or a new one. What isn't sent (`full`) would only measure this program. */
  ask(request: string): Promise<Answer | 'broken' | 'full'>
  close(): void
}

interface Job {
  readonly request: string
  done(answer: Answer | 'broken'): void
}

/** More than the server works on at once, so that it is its bound that counts, not this one. */
const MOST = 1500
/** Longest wait for an answer, in ms. */
const PATIENCE_MS = 20_000

/** Answers have to say their length, as ours do. */
export function openConnections(issuer: string): Connections {
  const { hostname, port } = new URL(issuer)
  const all = new Set<Socket>()
  const idle: ((job: Job) => void)[] = []

  function open(): (job: Job) => void {
    const socket = connect(Number(port), hostname).setEncoding('latin1').setNoDelay()
    let job: Job | undefined
    let received = ''
    all.add(socket)
    function finish(answer: Answer | 'broken'): void {
      const finished = job
      job = undefined
      finished?.done(answer)
    }
    socket.setTimeout(PATIENCE_MS, () => job !== undefined && socket.destroy())
    socket
      .on('error', () => undefined)
      .on('close', () => {
        all.delete(socket)
        const place = idle.indexOf(take)
        if (place >= 0) idle.splice(place, 1)
        finish('broken')
      })
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = received.indexOf('\r\n\r\n')
      const length = end < 0 ? NaN : Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1])
      if (!(received.length >= end + 4 + length)) return
      const answer = { status: Number(received.slice(9, 12)), head: received.slice(0, end), body: received.slice(end + 4) }
      received = ''
      finish(answer)
      idle.push(take)
    })
    function take(next: Job): void {
      job = next
      socket.write(next.request)
    }
    return take
  }

  return {
    ask: (request) =>
      new Promise((done) => {
        const take = idle.pop() ?? (all.size < MOST ? open() : undefined)
        if (take === undefined) done('full')
        else take({ request, done })
      }),
    close() {
      for (const socket of all) socket.destroy()
    },
  }
}
