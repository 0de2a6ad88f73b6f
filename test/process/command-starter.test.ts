// What the processes of commands get from this machine, and that nothing of them stays.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ProcessRules } from '#src/domain/gate/command/command.ts'
import { createCommandStarter, warnAboutCommands } from '#src/process/commands/command-starter.ts'
import { gone, isAlive } from '#test/support/gate/commands.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

const OURS = { PATH: process.env['PATH'], HOME: '/home/us', SECRET: 'ours', DATABASE_URL: 'ours', NODE_OPTIONS: '--inspect', LANG: 'C' }
const isRoot = process.getuid?.() === 0

function scene(values: Record<string, string> = {}) {
  const startCommand = createCommandStarter(OURS, async (reference) => values[reference.kind === 'env' ? reference.name : reference.path])
  const start = (words: readonly string[], rules: Partial<ProcessRules> = {}) => startCommand(words, { per: 'person', env: [], ...rules })
  /** All that it wrote, once it has ended. */
  async function run(...given: Parameters<typeof start>) {
    const { output, ended } = await start(...given)
    const chunks: Buffer[] = []
    output.on('data', (chunk: Buffer) => chunks.push(chunk))
    const how = await ended
    return { text: Buffer.concat(chunks).toString(), how }
  }
  return { start, run }
}

t.test('its words are taken as they are: no shell reads them', async (t) => {
  const { run } = scene()
  const words = ['printf', '%s|', '$HOME', '*', '; ls', '`id`', 'a b']
  t.equal((await run(words)).text, '$HOME|*|; ls|`id`|a b|')
})

t.test('it gets the usual variables and those that it was given, and no other of ours', async (t) => {
  const { run } = scene({ KEY: 'a key\n', '/run/key': 'another\r\n' })
  const env = [
    { name: 'KEY', value: 'env:KEY' },
    { name: 'OTHER', value: 'file:/run/key' },
    { name: 'HOME', value: 'env:KEY' },
  ]
  const { text } = await run(['env', '-0'], { env })
  // tap adds its own to every process.
  const seen = text.split('\0').filter((line) => !/^($|_TAPJS_|NODE_OPTIONS=.*tap|PWD=|_=)/.test(line))
  t.same(seen.sort(), ['HOME=a key', 'KEY=a key', 'LANG=C', 'OTHER=another', `PATH=${process.env['PATH']}`])
  await t.rejects(
    run(['env'], { env: [{ name: 'NONE', value: 'env:NONE' }] }),
    /NONE of the command has no value: env:NONE leads to nothing/,
  )
})

t.test('it runs in a folder of its own that goes with it, or in the one that it was given, which stays', async (t) => {
  const { run } = scene()
  const own = (await run(['pwd'])).text.trim()
  t.match(own, /mcp-command-/)
  t.notOk(existsSync(own))
  const directory = t.testdir()
  t.equal((await run(['pwd', '-P'], { directory })).text.trim(), directory)
  t.ok(existsSync(directory))
})

t.test('one that can not be started says why, and leaves no folder', async (t) => {
  const { start } = scene()
  const made = t.testdir()
  t.intercept(process, 'env', { value: { ...process.env, TMPDIR: made } })
  await t.rejects(start(['/nonexistent/program', 'x']), /^\/nonexistent\/program x can't be started: .*ENOENT/)
  await t.rejects(start(['true'], { directory: join(made, 'nothing') }), /can't be started/)
  await t.rejects(start(['true'], { user: 'no such account' }), /There is no account no such account on this machine/)
  t.same(readdirSync(made), [])
})

t.test('how it ended is said in words, and what it started ends with it', async (t) => {
  const { run, start } = scene()
  t.equal((await run(['sh', '-c', 'exit 3'])).how, 'it exited with code 3')
  t.equal((await run(['sh', '-c', 'kill -TERM $$'])).how, 'SIGTERM ended it')
  const { text } = await run(['sh', '-c', 'sleep 60 & echo $!; exit 0'])
  t.ok(await gone(Number(text)))
  const { pid, signal, ended } = await start(['sleep', '60'])
  signal('SIGKILL')
  t.equal(await ended, 'SIGKILL ended it')
  t.notOk(isAlive(pid), 'not even a zombie')
  signal('SIGTERM')
})

t.test('what gets away from its group does not keep it from ending', async (t) => {
  const { text, how } = await scene().run(['sh', '-c', 'setsid sleep 60 & echo $!; exit 0'])
  t.equal(how, 'it exited with code 0')
  process.kill(Number(text), 'SIGKILL')
})

t.test('none outlives this server, however that ends', async (t) => {
  const { stdout } = await spawnNode(t, 'test/support/gate/leave-a-command.ts', [], { cwd: t.testdir(), counts: true }).ended
  const pid = Number(/pid (\d+)/.exec(stdout)![1])
  t.ok(await gone(pid))
})

t.test('with an account of its own it is that account, with its groups alone', { skip: !isRoot && 'only root can choose' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  const { run } = scene()
  const { text } = await run(['sh', '-c', 'id -u; id -G; echo $HOME $USER $LOGNAME; pwd; touch here && ls'], { user: 'nobody' })
  const [uid, groups, names, own, made] = text.trim().split('\n')
  t.not(uid, '0')
  t.equal(groups!.split(' ').length, 1, groups!)
  t.match(names, / nobody nobody$/)
  t.match(own, /mcp-command-/)
  t.equal(made, 'here', 'its folder belongs to it')
  t.notOk(existsSync(own!))
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'ours', { mode: 0o600 })
  t.match((await run(['cat', secret], { user: 'nobody' })).how, /code 1/, 'it can not read what is ours')
  t.match((await run(['cat', secret])).how, /code 0/)
})

t.test('an operator reads what commands can read', async (t) => {
  const own = userInfo()
  t.match(warnAboutCommands('data/secret'), new RegExp(`^Commands run as ${own.username} unless .*data/secret included: `))
  t.match(warnAboutCommands(undefined, { ...own, uid: 0 }), /the files of this server: give them an account of their own with --user, or/)
  t.match(warnAboutCommands(undefined, { ...own, uid: 1000 }), /: better give them a container/)
})
