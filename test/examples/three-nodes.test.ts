// The example does what its README says: whole flows across three nodes, one killed in the middle, nothing lost, everything ended by Ctrl-C.
import t from 'tap'
import { authorizeUrl, HTTPS, VERIFIER, registerClient } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { spawnNode } from '#test/support/processes/processes.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

await withPostgres(t, async (t, server) => {
  const example = spawnNode(t, 'examples/three-nodes/start.ts', [], {
    cwd: t.testdir(),
    env: { PORT: '0', DATABASE_URL: await server.createDatabase() },
  })
  const said = await example.printed('Ctrl-C ends everything')
  const [, issuer = ''] = /are (http:\S+)/.exec(said) ?? []
  const pids = [...said.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
  t.equal(new Set(pids).size, 3, 'it prints the process of each node')
  t.teardown(() => pids.filter(isRunning).forEach((pid) => process.kill(pid, 'SIGKILL')))

  const answeredBy = new Set<string | null>()
  const send: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    answeredBy.add(response.headers.get('x-node'))
    return response
  }
  const person = createPerson(issuer, send)
  const clientId = await registerClient(send, issuer)
  const code = async () =>
    (await person.authorize(authorizeUrl(issuer, clientId, { scope: 'openid offline_access' }))).searchParams.get('code')!
  async function token(form: Record<string, string>): Promise<{ refresh_token: string; access_token: string }> {
    const response = await send(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...form }) })
    t.equal(response.status, 200, form['grant_type']!)
    return (await response.json()) as Awaited<ReturnType<typeof token>>
  }
  const exchange = async (issued: string) =>
    token({ grant_type: 'authorization_code', code: issued, redirect_uri: HTTPS, code_verifier: VERIFIER })

  const early = await exchange(await code())
  const issued = await code()
  t.strictSame([...answeredBy].sort(), ['one', 'three', 'two'], 'each node took part')

  process.kill(pids[0]!, 'SIGKILL')
  await example.printed('Node one is gone')
  answeredBy.clear()
  const late = await exchange(issued)
  for (const { refresh_token } of [early, late]) {
    const rotated = await token({ grant_type: 'refresh_token', refresh_token })
    const { access_token } = await token({ grant_type: 'refresh_token', refresh_token: rotated.refresh_token })
    t.equal((await send(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).status, 200)
  }
  await exchange(await code())
  t.strictSame([...answeredBy].sort(), ['three', 'two'], 'the others go on, with all that the first one had stored')

  example.child.kill('SIGINT')
  t.match(await example.ended, { code: 0, stderr: '' })
  t.strictSame(pids.filter(isRunning), [], 'and no process stays behind')
})

t.test('a port that is taken is told in a sentence', async (t) => {
  const { createServer } = await import('node:net')
  const other = createServer().listen(0, 'localhost')
  t.teardown(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  const example = spawnNode(t, 'examples/three-nodes/start.ts', [], {
    cwd: t.testdir(),
    env: { PORT: String(port), DATABASE_URL: 'postgres://nobody@localhost:1/none' },
  })
  t.match(await example.ended, { code: 1, stderr: /^Another program has that port: .+\n$/ })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
