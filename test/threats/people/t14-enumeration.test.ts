/** threat-model.md T14: neither words nor time tell whether a user exists. */
import t from 'tap'
import { hashPassword } from '#src/crypto/password.ts'
import { ADMIN } from '#test/support/app.ts'
import { addUser, pageOf, startFlow } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'

async function failedLogin(flow: Flow, username: string, password: string) {
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  const before = process.cpuUsage()
  const page = pageOf(await person.submit(login, { username, password }))
  const { user, system } = process.cpuUsage(before)
  const names = (html: string) =>
    html
      .replaceAll(/name="transaction" value="[^"]*"/g, '')
      .replaceAll(/&quot;challenge&quot;:&quot;[\w-]{43}&quot;/g, 'CHALLENGE')
      .replaceAll(username, 'NAME')
  return {
    work: user + system,
    status: page.status,
    html: names(page.html),
    headers: [...page.headers.keys()].sort(),
    cookies: page.headers.getSetCookie(),
  }
}

t.test('T14: a failed login says the same for a wrong password, an unknown name and a disabled user', async (t) => {
  const flow = await startFlow(t)
  await flow.storage.users.disable(await addUser(flow, 'disabled', 'right'), flow.clock.now)
  const { work: _, ...known } = await failedLogin(flow, 'admin', 'wrong')
  t.equal(known.status, 403)
  for (const [username, password] of [
    ['nobody', 'wrong'],
    ['disabled', 'wrong'],
    ['disabled', 'right'],
  ] as const) {
    t.match(await failedLogin(flow, username, password), known, `${username}, ${password}`)
  }
})

t.test('T14: a refused login says the same for a known and an unknown name', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: '1/15m' })
  for (const username of ['admin', 'nobody']) await failedLogin(flow, username, 'wrong')
  const { work: _, ...known } = await failedLogin(flow, 'admin', 'wrong')
  t.equal(known.status, 429)
  t.match(await failedLogin(flow, 'nobody', 'wrong'), known)
})

t.test('T14: an unknown name makes as much work as a wrong password', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: 'off' })
  const { storage, clock } = flow
  const { id } = (await storage.users.findAdministrator())!
  await storage.users.changePassword(id, { passwordHash: await hashPassword(ADMIN.password), endGrants: false }, clock.now)
  // CPU time of all threads, hashing's included, and the least of several: neither other programs nor a collection count.
  const least: Record<string, number> = { admin: Infinity, nobody: Infinity }
  for (let round = 0; round < 7; round++) {
    for (const username of Object.keys(least))
      least[username] = Math.min(least[username]!, (await failedLogin(flow, username, 'wrong')).work)
  }
  t.ok(least['nobody']! > least['admin']! / 2, JSON.stringify(least))
})
