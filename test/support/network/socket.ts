/** HTTP by hand, for what no client would send. */
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** A connection to an app that listens on 127.0.0.1. */
export async function dial(app: FastifyInstance): Promise<Socket> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1' })
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

/** What comes until the server closes the connection. */
export async function hear(socket: Socket): Promise<Answer> {
  let answer = ''
  socket.setEncoding('utf8').on('data', (data: string) => (answer += data))
  await new Promise<void>((resolve, reject) => {
    socket.once('close', () => resolve())
    // A server that stops reading resets the connection: what it said before counts.
    socket.once('error', (error: NodeJS.ErrnoException) => (['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? undefined : reject(error)))
  })
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = new Headers(fields.map((field) => field.split(/: */, 2) as [string, string]))
  return { status: Number(line.split(' ')[1]), headers, body: rest.join('') }
}

export async function speak(app: FastifyInstance, bytes: string): Promise<Answer> {
  const socket = await dial(app)
  socket.write(bytes)
  return hear(socket)
}
