/** Every form of an event stream that the standard allows (HTML, "Server-sent events", section 9.2.6) is read as clients read it. */
import t from 'tap'
import { buildSend } from '#src/doctor/probe/http.ts'
import { callMcp, readResponse } from '#src/doctor/probe/mcp.ts'

const RESPONSE = { jsonrpc: '2.0', id: 7, result: { text: 'grüße' } }
const LINES = JSON.stringify(RESPONSE, null, 2).split('\n')
const ONE_LINE = `data: ${JSON.stringify(RESPONSE)}`

/** Sends a request that a stream of these chunks answers. The stream stays open, so the body must be left in time. */
async function answerOf(chunks: readonly (string | Uint8Array)[], { open = true, type = 'text/event-stream' } = {}) {
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk as string))
      if (!open) controller.close()
    },
    cancel: () => void (cancelled = true),
  })
  const send = buildSend(async () => new Response(stream, { headers: { 'content-type': type } }), 1000)
  const sent = await callMcp(send, 'https://mcp.example/mcp', { id: 7, method: 'tools/list' })
  return { cancelled, response: sent.ok ? readResponse(sent.reply, 7) : sent.noReply }
}

const STREAMS: Record<string, readonly (string | Uint8Array)[]> = {
  'data on one line': [`${ONE_LINE}\n\n`],
  'data without the blank after the colon': [`${ONE_LINE.replace(' ', '')}\n\n`],
  'data split over several lines': [LINES.map((line) => `data: ${line}\n`).join(''), '\n'],
  'lines that end in CRLF': [LINES.map((line) => `data: ${line}\r\n`).join(''), '\r\n'],
  'lines that end in CR': [LINES.map((line) => `data: ${line}\r`).join(''), '\r', ': more\r'],
  'a byte order mark': [`\ufeff${ONE_LINE}\n\n`],
  'comments, ids and a retry': [`: hello\n\n: and again\nretry: 3000\nid: 1\nevent: message\n${ONE_LINE}\n\n`],
  'fields in another order': [`${ONE_LINE}\nevent: message\nid: 2\n\n`],
  'an empty event first, as servers send to be resumable': ['id: 0\ndata:\n\n', `id: 1\n${ONE_LINE}\n\n`],
  'a notification first': ['data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n', `${ONE_LINE}\n\n`],
  'data that is not JSON first': ['data: hello\n\n', `${ONE_LINE}\n\n`],
  'an event of another type first': [`event: ping\ndata: {"jsonrpc":"2.0","id":7,"result":{"text":"no"}}\n\n`, `${ONE_LINE}\n\n`],
  'one byte at a time': [...Buffer.from(`${ONE_LINE}\r\n\r\n`)].map((byte) => Uint8Array.of(byte)),
}

for (const [what, chunks] of Object.entries(STREAMS)) {
  t.test(`an answer is read from a stream with ${what}`, async (t) => {
    t.strictSame(await answerOf(chunks), { cancelled: true, response: RESPONSE })
    t.strictSame((await answerOf(chunks, { open: false })).response, RESPONSE, 'the same if the stream ends')
  })
}

t.test('a stream whose last line ends in CR ends its event', async (t) => {
  t.strictSame((await answerOf([`${ONE_LINE}\r\r`], { open: false })).response, RESPONSE)
})

t.test('an event that the stream breaks off is no answer, as for clients', async (t) => {
  t.equal((await answerOf([`${ONE_LINE}\n`], { open: false })).response, undefined)
})

t.test('a plain JSON answer is read, whatever its lines look like', async (t) => {
  const pretty = JSON.stringify(RESPONSE, null, 2)
  t.strictSame((await answerOf([pretty], { open: false, type: 'application/json' })).response, RESPONSE)
  t.equal((await answerOf(['null'], { open: false, type: 'application/json' })).response, undefined)
  t.equal((await answerOf(['{"jsonrpc":"2.0","id":8}'], { open: false, type: 'application/json' })).response, undefined)
})
