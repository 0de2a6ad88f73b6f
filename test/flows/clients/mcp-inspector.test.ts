/**
 * The command line of MCP Inspector itself. It needs Node 22.19, newer than the oldest that we run on: `MCP_INSPECTOR` names
 * a folder where it is installed, and where it has a Node of its own if this one is too old for it:
 * `npm install --prefix FOLDER @modelcontextprotocol/inspector node@24`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { listen } from '#test/support/app.ts'
import { startExample } from '#test/support/processes/example.ts'
import { startEverything } from '#test/support/gate/gate.ts'
import { createPerson } from '#test/support/people/person.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

const folder = process.env['MCP_INSPECTOR'] ?? ''
const own = join(folder, 'node_modules/node/bin/node')
const command = existsSync(own) ? own : process.execPath
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const tooOld = command === process.execPath && (major < 22 || (major === 22 && minor < 19))
const skip =
  folder === ''
    ? 'MCP_INSPECTOR names no folder with an installed MCP Inspector'
    : tooOld && 'MCP Inspector needs Node 22.19, and its folder has none'

t.test('MCP Inspector in a terminal', { skip }, async (t) => {
  const { issuer, storage, clock } = await listen(t)
  const { url } = await startExample(t, issuer, storage, clock)
  let person = createPerson(issuer)
  /** Where it keeps its client and its tokens. */
  const home = t.testdir()

  /** Calls a tool by it; `visits` are the addresses that it opened. */
  async function call(t: Test, tool: string, server = url, more: readonly string[] = []) {
    const script = join(folder, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
    const to = ['--cli', '--server-url', server, '--transport', 'http', '--method', 'tools/call']
    const args = [...to, '--tool-name', tool, ...more, '--format', 'json']
    const env = { HOME: home, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'true' }
    const running = spawnNode(t, script, args, { cwd: home, env, command })
    const visits: string[] = []
    let said = ''
    running.child.stderr!.on('data', (chunk: string) => {
      said += chunk
      const [, address] = /navigate to: (http\S+)\s/.exec(said) ?? []
      if (address === undefined) return
      said = ''
      visits.push(address)
      void person.authorize(address).then((callback) => fetch(callback))
    })
    return { visits, ...(await running.ended) }
  }

  t.test('registers, opens the login, and calls a tool', async (t) => {
    const { visits, code, stdout, stderr } = await call(t, 'whoami')
    t.equal(code, 0, stderr)
    t.equal(visits.length, 1)
    t.match(JSON.parse(stdout), { result: { content: [{ type: 'text', text: /^[\w-]{22}$/ }] } })
  })

  t.test('started again, needs no login, not even for the tool that needs more: it asked for all that is published', async (t) => {
    const { visits, code, stdout, stderr } = await call(t, 'launch_probe')
    t.equal(code, 0, stderr)
    t.equal(visits.length, 0)
    t.match(stdout, /The probe is on its way/)
  })

  t.test('calls a tool of a server behind the gate', async (t) => {
    const gate = await listen(t, { PROTECT: await startEverything(t) })
    person = createPerson(gate.issuer)
    const { visits, code, stdout, stderr } = await call(t, 'echo', `${gate.issuer}/mcp`, ['--tool-arg', 'message=through the gate'])
    t.equal(code, 0, stderr)
    t.equal(visits.length, 1)
    t.match(stdout, /through the gate/)
  })
})
