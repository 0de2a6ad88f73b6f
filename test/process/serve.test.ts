// The tunnel of a server that doesn't start: nobody is left with an address that leads nowhere. A server that runs: test/flows/gate/tunnel.test.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { serveTunneled } from '#src/process/serve.ts'
import { gone } from '#test/support/gate/commands.ts'
import { BANNER, installCloudflared } from '#test/support/processes/cloudflared.ts'

function openTunnel(t: Test, env: Record<string, string> = {}) {
  const { path, folder, calls } = installCloudflared(t, `${BANNER}; exec sleep 60`)
  const database = join(folder, 'server.db')
  const variables = { PATH: path, PORT: '0', DATABASE_URL: `sqlite:${database}`, ...env }
  return { database, variables, hasEnded: () => gone(calls()[0]!.pid) }
}

t.test('an operator whose server does not start reads why, and the tunnel is closed', async (t) => {
  const { database, variables, hasEnded } = openTunnel(t, { ADMIN_PASSWORD: 'a telescope beside the violet kettle' })
  writeFileSync(database, 'not a database at all '.repeat(100))
  const written = t.capture(process.stderr, 'write', () => true)
  t.equal(await serveTunneled('solar', variables), 1)
  t.match(
    written().map(({ args }) => args[0]),
    [/^The database \S+ is damaged/],
  )
  t.ok(await hasEnded())
})

t.test('an error that nobody foresaw closes the tunnel, and stays what it is', async (t) => {
  const { variables, hasEnded } = openTunnel(t)
  const defect = new TypeError('a defect')
  await t.rejects(
    serveTunneled('solar', variables, () => Promise.reject(defect)),
    defect,
  )
  t.ok(await hasEnded())
})
