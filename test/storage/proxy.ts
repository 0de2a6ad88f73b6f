/** A TCP proxy in front of a database, which counts round trips, and can become silent like a broken network. */
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

export interface Proxy {
  /** `url` with the proxy instead of the server. */
  readonly url: string
  /** How often the client sent something after the server did: the round trips. */
  trips(): number
  /** Forwards nothing from now on; connections stay open. */
  silence(): void
  speak(): void
  /** Cuts every connection. */
  cut(): void
  close(): Promise<void>
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let trips = 0
  let silent = false

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let speaking: 'client' | 'server' = 'server'
    client.on('data', (chunk) => {
      if (silent) return
      if (speaking === 'server') trips++
      speaking = 'client'
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (silent) return
      speaking = 'server'
      client.write(chunk)
    })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    trips: () => trips,
    silence: () => void (silent = true),
    speak: () => void (silent = false),
    cut,
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
