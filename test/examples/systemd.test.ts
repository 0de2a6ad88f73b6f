// systemd accepts the units, and what they promise and name is there.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { embeddedDatabase } from '#src/config/platform.ts'
import { COMMANDS } from '#src/cli/commands.ts'
import { ROOT } from '#test/support/processes/processes.ts'

const folder = join(ROOT, 'examples/systemd')
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const missing = spawnSync('systemd-analyze', ['--version']).status !== 0 && 'systemd-analyze is not installed'

/** The lines `Name=value` of a unit; a name that comes twice would hide the first one, and none does. */
function unit(name: string): Record<string, string> {
  const lines = [...text(name).matchAll(/^([A-Z]\w+)=(.*)$/gm)].map(([, key, value]) => [key!, value!] as const)
  const values = Object.fromEntries(lines)
  if (Object.keys(values).length !== lines.length) throw new Error(`a name comes twice in ${name}`)
  return values
}

const server = unit('solar-system.service')
const backup = unit('solar-system-backup.service')
const timer = unit('solar-system-backup.timer')

t.test('systemd accepts the units', { skip: missing }, async (t) => {
  const verify = (change: (text: string) => string) => {
    const dir = t.testdir()
    for (const name of readdirSync(folder)) {
      // It looks for the program, which may be elsewhere here.
      writeFileSync(join(dir, name), change(text(name).replace('/usr/bin/node', process.execPath)))
    }
    const files = readdirSync(folder).map((name) => join(dir, name))
    return spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8', timeout: 30_000 })
  }
  const { status, stderr } = verify((text) => text)
  const ours = stderr.split('\n').filter((line) => line.includes('solar-system'))
  t.strictSame(ours, [])
  t.equal(status, 0, stderr)
  t.match(verify((text) => text.replace('ProtectHome=', 'ProtectHouse=')).stderr, /ProtectHouse/, 'and would name a misspelt line')
})

t.test('systemd rates the services as well confined', { skip: missing }, async (t) => {
  for (const name of ['solar-system.service', 'solar-system-backup.service']) {
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', join(folder, name)]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 30_000 })
    t.equal(status, 0, `${stdout.split('\n').at(-2)} ${stderr}`)
  }
})

t.test('the service starts what npm start and the image start', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  t.equal(server['ExecStart'], `/usr/bin/${scripts['start']}`)
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))![1]!) as string[]
  t.equal(server['ExecStart'], `/usr/bin/${command.join(' ')}`)
  t.equal(server['Restart'], 'on-failure')
  t.ok(Number(server['TimeoutStopSec']) > 10, 'and leaves requests the time to finish')
})

t.test('both services write where the data is, as an account without rights', async (t) => {
  for (const each of [server, backup]) {
    const data = join(each['WorkingDirectory']!, embeddedDatabase({}).slice('sqlite:'.length), '..')
    t.match(each, {
      User: 'solar',
      ReadWritePaths: data,
      UMask: '0077',
      NoNewPrivileges: 'true',
      ProtectSystem: 'strict',
      ProtectHome: 'true',
      PrivateTmp: 'true',
      SystemCallFilter: '@system-service',
    })
    t.equal(each['CapabilityBoundingSet'], '')
    t.notOk(each['MemoryDenyWriteExecute'], 'Node could not start')
  }
  t.match(server['RestrictAddressFamilies'], /AF_INET AF_INET6/)
  t.equal(backup['PrivateNetwork'], 'true')
})

t.test('no setting and no secret is in the units', async (t) => {
  t.equal(server['Environment'], 'NODE_ENV=production')
  for (const each of [backup, timer]) t.notOk(each['Environment'])
})

t.test('the timer starts the backup each night, and each backup is kept for some days', async (t) => {
  t.match(timer, { OnCalendar: '*-*-* 03:15:00', Persistent: 'true', WantedBy: 'timers.target' })
  t.ok(readdirSync(folder).includes('solar-system-backup.service'), 'a timer starts the service of its name')
  t.equal(backup['Type'], 'oneshot')
  const [shell, script = '', to, days] = backup['ExecStart']!.split(' ')
  t.strictSame([shell, to], ['/bin/sh', '${STATE_DIRECTORY}'])
  t.ok(Number(days) >= 1)
  t.match(backup, { StateDirectory: 'solar-system/backups', StateDirectoryMode: '0700' })
  const [, command = ''] = /^node dist\/cli\.js ([a-z]+) /m.exec(readFileSync(join(ROOT, script), 'utf8'))!
  t.ok(command in COMMANDS)
  t.match(readFileSync(join(ROOT, 'docs/cli.md'), 'utf8'), `\n### ${command}\n`)
})

t.test('the calendar of the timer is one that systemd reads', { skip: missing }, async (t) => {
  t.equal(spawnSync('systemd-analyze', ['calendar', timer['OnCalendar']!]).status, 0)
})
