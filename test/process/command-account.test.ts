// As which account a command may run, and who may choose one.
import { userInfo } from 'node:os'
import t from 'tap'
import type { ProcessRules, Upstream } from '#src/domain/gate/command/command.ts'
import { err, ok } from '#src/domain/protocol/result.ts'
import { findAccount, refuseAccounts } from '#src/process/commands/command-account.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { createApp } from '#test/support/app.ts'

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\n\nnobody:x:65534:65533::/nonexistent:/bin/false\nbroken\nshort:x:7:7\n'

t.test('root chooses any account of the machine, by name or number', async (t) => {
  const passwd = `${t.testdir({ passwd: PASSWD })}/passwd`
  const nobody = ok({ name: 'nobody', uid: 65_534, gid: 65_533, home: '/nonexistent' })
  for (const named of ['nobody', '65534']) t.same(findAccount(named, passwd, 0), nobody)
  for (const named of ['', 'x', 'NOBODY', '65533', 'no', 'broken'])
    t.match(findAccount(named, passwd, 0), { ok: false, error: `There is no account ${named} on this machine` })
  t.match(findAccount('short', passwd, 0), { value: { home: '/' } })
  t.match(findAccount('nobody', '/nonexistent/passwd', 0), { error: /There is no account nobody/ })
})

t.test('everybody else has their own one alone', async (t) => {
  const passwd = `${t.testdir({ passwd: PASSWD })}/passwd`
  t.match(findAccount('nobody', passwd, 65_534), { ok: true })
  t.match(findAccount('nobody', passwd, 1000), { error: /can't run as nobody: only root can choose/ })
  t.match(findAccount('root', passwd, 65_534), { ok: false })
  const { uid } = userInfo()
  t.match(findAccount(String(uid)), { ok: true }, 'as this process')
})

t.test('a server does not start whose commands are to run as an account that it can not use', async (t) => {
  const { storage, config, clock } = await createApp(t, { PROTECT_COMMAND: '/given=npx x' })
  const register = async (path: string, upstream: Upstream | undefined, process?: ProcessRules) => {
    const gate = { identity: 'none' as const, headers: [], tools: [], ...(upstream && { upstream }), ...(process && { process }) }
    const base = { id: path, secretHash: '', name: 'Tools', scopes: [], createdAt: clock.now, updatedAt: clock.now }
    await storage.resources.insert({ ...base, identifier: config.issuer + path, gate })
  }
  const asked: string[] = []
  const check = () =>
    refuseAccounts(storage, config, (named) => {
      asked.push(named)
      return named === 'fine' ? ok({ name: named, uid: 1, gid: 1, home: '/' }) : err(`A command can't run as ${named}.`)
    })
  const user = (named: string): ProcessRules => ({ per: 'person', env: [], user: named })
  await register('/plain', ['npx', 'x'])
  await register('/fine', ['npx', 'x'], user('fine'))
  await register('/earlier', undefined, user('of an earlier run'))
  await register('/http', 'http://localhost:3001/', user('of no command'))
  await check()
  t.same(asked, ['fine'])
  const before = (await storage.resources.findByIdentifier(`${config.issuer}/given`))!
  const gate = { identity: 'none' as const, headers: [], tools: [], process: user('nobody') }
  await storage.resources.update({ before, after: { ...before, gate, updatedAt: before.updatedAt + 1 } })
  await t.rejects(check(), new StorageRefused(`${config.issuer}/given: A command can't run as nobody.`))
  await refuseAccounts((await createApp(t)).storage, config)
})
