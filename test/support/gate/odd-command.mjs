// An MCP server over standard input and output that does what each call says, good or bad. Plain JavaScript, so that it starts soon.
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'

const [, , mode = '', ...rest] = process.argv
const seen = []
let rest_ = ''
const say = (message) => process.stdout.write(`${typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

if (mode === 'exits') process.exit(3)
if (mode === 'chatty') say('Server is running, have fun!')
if (mode === 'stubborn') {
  process.on('SIGTERM', () => undefined)
  setInterval(() => undefined, 1000)
}

function answer({ id, method, params }, line) {
  seen.push({ method, id, line })
  if (method === 'initialize')
    return say({
      id,
      result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: 'odd', version: `${process.pid}` } },
    })
  if (method !== 'tools/call') return id === undefined ? undefined : say({ id, error: { code: -32601, message: 'Method not found' } })
  const { name, arguments: given = {} } = params
  const token = params._meta?.progressToken
  const text = (value) => say({ id, result: { content: [{ type: 'text', text: JSON.stringify(value) }] } })
  switch (name) {
    case 'about':
      return text({
        pid: process.pid,
        cwd: process.cwd(),
        env: process.env,
        argv: rest,
        uid: process.getuid(),
        groups: process.getgroups(),
      })
    case 'seen':
      return text(seen)
    case 'raw':
      return say(given.line.replace('ID', JSON.stringify(id)).replace('TOKEN', JSON.stringify(token)))
    case 'progress':
      for (const progress of [1, 2]) say({ method: 'notifications/progress', params: { progressToken: token, progress } })
      return text('done')
    case 'log':
      say({ method: 'notifications/message', params: { level: 'info', data: given.data } })
      return setTimeout(() => text('logged'), given.ms ?? 0)
    case 'ask':
      return say({ id: given.id, method: 'sampling/createMessage', params: { for: id } })
    case 'crash':
      process.stderr.write('about to crash\n')
      return process.exit(7)
    case 'hang':
      return given.all === true
        ? void (() => {
            for (;;);
          })()
        : undefined
    case 'garbage':
      for (let line = 0; line < (given.lines ?? 1); line++) say(given.text ?? 'this is no JSON')
      return
    case 'huge': {
      const part = Buffer.alloc(1024 * 1024, 'x')
      // A full pipe takes a piece of the part, or nothing.
      for (let written = 0; written < 100 * part.length;) {
        try {
          written += writeSync(1, part)
        } catch (error) {
          if (error.code !== 'EAGAIN') throw error
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
        }
      }
      return
    }
    case 'deaf':
      process.stdin.pause()
      return
    case 'family':
      return text(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid)
    case 'noise':
      return process.stderr.write('noise\n'.repeat(given.lines), () => text('made'))
    default:
      return say({ id, error: { code: -32602, message: `Unknown tool: ${name}` } })
  }
}

process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk) => {
  const lines = (rest_ + chunk).split('\n')
  rest_ = lines.pop()
  for (const line of lines) {
    const message = JSON.parse(line)
    // A response to a question of ours ends the call that it was for.
    if (message.method === undefined) {
      seen.push({ line })
      say({ id: message.result?.for ?? seen.findLast(({ method }) => method === 'tools/call').id, result: { asked: message.result } })
    } else answer(message, line)
  }
})
