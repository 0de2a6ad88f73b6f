/**
 * The conformance tool of MCP against the reference server, directly and through the gate: both must give the same results. It needs a
 * newer Node than the oldest that we run on, so `MCP_INSPECTOR` names a folder where both are installed:
 * `npm install --prefix FOLDER @modelcontextprotocol/conformance@0.2.0-alpha.12 node@24`.
 */
import { existsSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createGateScene, startEverything } from '#test/support/gate/gate.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

const folder = process.env['MCP_INSPECTOR'] ?? ''
const command = join(folder, 'node_modules/node/bin/node')
const script = join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const skip = folder === '' || !existsSync(script) ? 'MCP_INSPECTOR names no folder with the conformance tool of MCP' : false

/** The tool brings no token: this adds one on the way. */
async function withToken(t: { teardown(fn: () => unknown): unknown }, address: string, token: string): Promise<string> {
  const { port, pathname } = new URL(address)
  const server = createServer((incoming, response) => {
    const headers = { ...incoming.headers, host: `localhost:${port}`, authorization: `Bearer ${token}` }
    const outgoing = request({ host: 'localhost', port, path: incoming.url, method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}${pathname}`
}

t.test('a server behind the gate conforms as much as it does without', { skip }, async (t) => {
  const upstream = await startEverything(t)
  const { address, token } = await createGateScene(t, undefined, { env: { PROTECT: upstream } })
  const through = await withToken(t, address, await token())

  /** The result of each check. */
  async function conform(url: string): Promise<string[]> {
    const running = spawnNode(t, script, ['server', '--url', url, '--suite', 'all', '--timeout', '8000'], { cwd: t.testdir(), command })
    const { stdout, stderr } = await running.ended
    return `${stdout}\n${stderr}`
      .split('\n')
      .map((line) => line.replace(/\x1b\[\d+m/g, '').trim())
      .filter((line) => /^[✓✗~]/.test(line))
  }

  const [direct, gated] = [await conform(upstream), await conform(through)]
  t.ok(direct.length > 30, `${direct.length} results`)
  t.strictSame(gated, direct)
})
