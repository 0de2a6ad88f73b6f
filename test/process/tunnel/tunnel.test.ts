// What follows from `--tunnel`: settings, the administrator's password, and what the operator reads.
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { ConfigSchema } from '#src/config/schema.ts'
import { bootstrapAdmin } from '#src/process/bootstrap-admin.ts'
import { openStorage } from '#src/storage/open.ts'
import { NoTunnel } from '#src/process/tunnel/cloudflared.ts'
import { endTogether, openTunnel } from '#src/process/tunnel/tunnel.ts'
import { ADDRESS, BANNER, installCloudflared } from '#test/support/processes/cloudflared.ts'

const GOES_ON = `${BANNER}; exec sleep 60`

async function open(t: Test, what: string, env: Record<string, string> = {}, envFile = '') {
  const { path, folder } = installCloudflared(t, what)
  const printed: string[] = []
  const databaseUrl = `sqlite:${join(folder, 'server.db')}`
  const given = { PATH: path, PORT: '0', DATABASE_URL: databaseUrl, ...env }
  const opened = await openTunnel(given, (text) => printed.push(text), envFile || join(folder, '.env'))
  t.teardown(() => {
    opened.tunnel.end()
    return opened.tunnel.ended
  })
  return { ...opened, printed: printed.join(''), databaseUrl }
}

t.test('the server has the address of the tunnel, listens here alone, and its administrator gets a password', async (t) => {
  const { variables, keepsPassword, printed } = await open(t, GOES_ON)
  t.match(variables, { ISSUER: ADDRESS, HOST: 'localhost', TRUST_PROXY: '127.0.0.1,::1', PORT: /^\d{4,5}$/ })
  const [, password] = /Password +of admin: (\S{30,}) +\(shown only now/.exec(printed) ?? []
  t.equal(variables['ADMIN_PASSWORD'], password)
  t.notOk(keepsPassword)
  t.match(printed, /ChatGPT.*Claude.*every app has to connect again then.*GET: the doctor tries/s)
})

t.test('a password that an operator chose, or that an earlier start made, stays', async (t) => {
  const chosen = await open(t, GOES_ON, { ADMIN_PASSWORD: 'a passphrase of theirs' })
  t.match(chosen.printed, /Password +of admin: as before/)
  t.match(chosen, { keepsPassword: false, variables: { ADMIN_PASSWORD: 'a passphrase of theirs' } })
})

t.test('the password that everybody knows is replaced, and any other one is kept', async (t) => {
  const { path, folder } = installCloudflared(t, GOES_ON)
  const databaseUrl = `sqlite:${join(folder, 'server.db')}`
  for (const [password, keeps] of [
    [ConfigSchema.properties.adminPassword.variable.fallback!, false],
    ['made by an earlier start', true],
  ] as const) {
    const storage = await openStorage(databaseUrl)
    await bootstrapAdmin(storage, { adminUsername: 'admin', adminPassword: password } as never, Date.now())
    await storage.close()
    const printed: string[] = []
    const opened = await openTunnel(
      { PATH: path, PORT: '0', DATABASE_URL: databaseUrl },
      (text) => printed.push(text),
      join(folder, '.env'),
    )
    t.equal(opened.keepsPassword, keeps)
    t.match(printed.join(''), keeps ? /of admin: as before/ : /shown only now/)
    opened.tunnel.end()
    await opened.tunnel.ended
  }
})

t.test('a tunnel with a name leads to the address that was set, which stays', async (t) => {
  const { variables, printed } = await open(t, 'exec sleep 60', { ISSUER: 'https://tools.example.com', TUNNEL_TOKEN: 'a token' })
  t.equal(variables['ISSUER'], 'https://tools.example.com')
  t.match(printed, /Tunnel +https:\/\/tools\.example\.com/)
  t.notMatch(printed, /another one after the next start/)
})

t.test('settings that can not be are said before anything starts', async (t) => {
  await t.rejects(open(t, GOES_ON, { ISSUER: 'https://tools.example.com' }), /set TUNNEL_TOKEN, too/)
})

t.test('so is a wrong setting', async (t) => {
  await t.rejects(open(t, GOES_ON, { PORT: 'x' }), /PORT is "x"/)
})

t.test('so is a file that can not be read', async (t) => {
  const file = join(t.testdir({ env: 'PORT="80' }), 'env')
  await t.rejects(
    openTunnel({}, () => undefined, file),
    new NoTunnel(`Line 1 of ${file} can't be read: write NAME=value, and close every quotation mark that you open.`),
  )
})

t.test('the server ends with its tunnel', async (t) => {
  const { tunnel } = await open(t, GOES_ON)
  const said: string[] = []
  const stopped = new Promise<void>((resolve) => endTogether(tunnel, (text) => said.push(text), resolve))
  tunnel.end()
  await stopped
  t.same(said, ['The tunnel is over: it ended (SIGTERM). Nobody can reach the server any more, so it stops.\n'])
})
