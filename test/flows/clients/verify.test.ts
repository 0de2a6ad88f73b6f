/** The verify command finds nothing to complain about in our own server. */
import t from 'tap'
import { verify } from '#src/doctor/verify.ts'
import { listen } from '#test/support/app.ts'
import { createInstallation } from '#test/support/processes/server-process.ts'
import { loadConfig } from '#src/config/config.ts'
import { start } from '#src/process/start.ts'

async function run(url: string) {
  const lines: string[] = []
  const ok = await verify({ url, write: (line) => lines.push(line), color: false })
  return { ok, report: lines.join('\n') }
}

t.test('an operator who verifies this server reads that all is well', async (t) => {
  const { issuer } = await listen(t)
  const { ok, report } = await run(issuer)
  t.equal(ok, true, report)
  t.notMatch(report, /^[✗!]/m, 'nothing failed, and there is nothing to note')
})

t.test('an operator whose issuer has a path reads the same', async (t) => {
  const { issuer, env } = await createInstallation(t)
  const config = loadConfig({ ...env, ISSUER: `${issuer}/planets/earth` })
  if (!config.ok) throw new Error(config.error.join('\n'))
  const app = await start(config.value, false)
  t.teardown(() => app.close())
  const { ok, report } = await run(`${issuer}/planets/earth`)
  t.equal(ok, true, report)
})

t.test('an operator who takes the strict PKCE choice reads the same', async (t) => {
  const { issuer } = await listen(t, { CODE_CHALLENGE_METHODS: 'S256', REQUIRE_PKCE: 'true', ACCESS_TOKEN_ALG: 'RS256' })
  const { ok, report } = await run(issuer)
  t.equal(ok, true, report)
})

t.test('an operator who gives an address where nothing is reads that it failed', async (t) => {
  const { issuer } = await listen(t)
  const { ok } = await run(`${issuer}/nowhere`)
  t.equal(ok, false)
})
