// The contract holds behind PgBouncer in transaction mode, too. Needs the program (`apt-get install pgbouncer`), or its path in PGBOUNCER.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { statement } from '#src/storage/driver.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { freePort } from '#src/process/free-port.ts'
import { NOBODY } from '#test/support/processes/embedded-postgres.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { isInShare } from '#test/support/size.ts'
import { conformance } from '../conformance/conformance.ts'

const program = process.env['PGBOUNCER'] ?? 'pgbouncer'
const missing = spawnSync(program, ['--version']).status !== 0 && 'PgBouncer is not installed'

t.test('behind a pooler', { skip: missing }, (t) =>
  withPostgres(t, async (t, server) => {
    const direct = await server.createDatabase()
    const pooled = await startPooler(t, direct)
    const driver = await openPostgres(`${pooled}?pgbouncer=true`)
    await driver.close()
    const open = async () => {
      await server.empty(direct)
      return openPostgres(`${pooled}?pgbouncer=true`)
    }
    await conformance(t, open, isInShare)

    t.test('without that parameter statements have names, which such a pooler mixes up', async (t) => {
      const named = await openPostgres(pooled)
      t.teardown(() => named.close())
      const one = statement('select 1 as one')
      const asked = await Promise.allSettled(Array.from({ length: 20 }, () => named.read(one, [])))
      t.ok(
        asked.some((each) => each.status === 'rejected'),
        'so the parameter is needed',
      )
    })
  }),
)

/** Starts a PgBouncer in transaction mode in front of the server of `databaseUrl`; returns the URL through it. */
async function startPooler(t: Test, databaseUrl: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'solar-pgbouncer-'))
  chmodSync(folder, 0o755)
  const target = new URL(databaseUrl)
  const port = await freePort('127.0.0.1')
  writeFileSync(join(folder, 'users.txt'), `"${target.username}" "${target.password}"\n`)
  writeFileSync(
    join(folder, 'pooler.ini'),
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${join(folder, 'users.txt')}`,
      'pool_mode = transaction',
      'default_pool_size = 3',
      '',
    ].join('\n'),
  )
  const root = process.getuid?.() === 0
  const pooler = spawn(program, [join(folder, 'pooler.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(root && { uid: NOBODY, gid: NOBODY }),
  })
  t.teardown(async () => {
    const exited = once(pooler, 'exit')
    if (pooler.kill('SIGKILL')) await exited
    rmSync(folder, { recursive: true, force: true })
  })
  await new Promise<void>((resolve, reject) => {
    pooler.once('exit', () => reject(new Error('PgBouncer ended')))
    pooler.stderr.on('data', (chunk: Buffer) => chunk.includes('process up') && resolve())
  })
  target.port = String(port)
  return target.href
}
