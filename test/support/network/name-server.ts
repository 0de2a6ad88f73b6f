/** A name server on the loopback interface: it answers what a test says, or keeps silent. */
import { createSocket } from 'node:dgram'
import type { RemoteInfo } from 'node:dgram'

type Teardown = { teardown(fn: () => unknown): unknown }

/** The addresses of a name; `missing`: there is no such name; `broken`: the server can't say; `silent`: no answer. */
export type NameAnswer = readonly string[] | 'missing' | 'broken' | 'silent'

export interface NameServer {
  /** `ADDRESS:PORT`, for a resolver. */
  readonly address: string
  /** The names that were asked for, in order, once for each query. */
  readonly asked: string[]
}

const TYPES = { A: 1, AAAA: 28 }
const NO_ERROR = 0
const SERVER_FAILURE = 2
const NAME_ERROR = 3

export async function serveNames(t: Teardown, answer: (name: string) => NameAnswer): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query: Buffer, { port, address }: RemoteInfo) => {
    const { name, type, end } = readQuestion(query)
    asked.push(name)
    const answers = answer(name)
    if (answers !== 'silent') socket.send(reply(query.subarray(0, end), type, answers), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  return { address: `127.0.0.1:${socket.address().port}`, asked }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** The answer to a query, which is its own beginning; any additional section is left out. */
function reply(question: Buffer, type: number, answer: Exclude<NameAnswer, 'silent'>): Buffer {
  const records = typeof answer === 'string' ? [] : answer.flatMap((address) => record(address, type))
  const code = answer === 'missing' ? NAME_ERROR : answer === 'broken' ? SERVER_FAILURE : NO_ERROR
  const head = Buffer.from(question)
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(records.length, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...records])
}

function record(address: string, wanted: number): Buffer[] {
  const isFour = !address.includes(':')
  const type = isFour ? TYPES.A : TYPES.AAAA
  if (type !== wanted) return []
  const data = isFour ? Buffer.from(address.split('.').map(Number)) : sixteenBytes(address)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0) // the name of the question
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(1, 6)
  head.writeUInt16BE(data.length, 10)
  return [Buffer.concat([head, data])]
}

/** Of an IPv6 address with at most one `::`. */
function sixteenBytes(address: string): Buffer {
  const [left = '', right] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const groups = [...left, ...(right === undefined ? [] : [...Array<string>(8 - left.length - right.length).fill('0'), ...right])]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
