// A process that runs: its lines both ways, what of it the log gets, and how it ends.
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { watchCommand } from '#src/plugins/gate/commands/command-process.ts'
import { createLog, playCommand, settled, stopTimers } from '#test/support/gate/played-command.ts'

function scene(t: Test, command = playCommand(7)) {
  stopTimers(t)
  const { log, lines } = createLog()
  const read: string[] = []
  const watched = watchCommand(command, log, (line) => read.push(line))
  return { command, watched, read, logged: () => lines.map(({ words }) => words) }
}

t.test('lines pass both ways until it is ended, and its input comes first', async (t) => {
  const { command, watched, read } = scene(t)
  watched.send('{"id":1}')
  await command.say('{"id":2}')
  await command.say('')
  watched.end('the server stops', 500)
  watched.end('something else', 0)
  watched.send('{"id":3}')
  await command.say('{"id":4}')
  t.same([command.told, read, command.isClosed], [[{ id: 1 }], ['{"id":2}'], true])
  mock.timers.tick(499)
  t.same(command.signals, [])
  mock.timers.tick(1)
  mock.timers.tick(500)
  t.same(command.signals, ['SIGTERM', 'SIGKILL'])
  await command.exit()
  t.equal(await watched.ended, 'the server stops', 'the first reason counts')
})

t.test('one that goes by itself is sent no signal', async (t) => {
  const { command, watched } = scene(t)
  watched.end('nobody used it')
  await command.exit()
  mock.timers.tick(10_000)
  t.same(command.signals, [])
  t.equal(await watched.ended, 'nobody used it')
  const { command: other, watched: crashed } = scene(t)
  await other.exit('SIGSEGV ended it')
  t.equal(await crashed.ended, 'SIGSEGV ended it')
})

t.test('broken pipes break nothing here', async (t) => {
  const { command, watched } = scene(t)
  for (const stream of [command.input, command.output, command.errors]) stream.destroy(new Error('EPIPE'))
  await settled()
  watched.send('{}')
  await settled()
  await command.exit()
  t.equal(await watched.ended, 'it exited with code 0')
})

t.test('a line of 100 MB, or one that never ends, ends it at 16 MB', async (t) => {
  const { command, watched, read } = scene(t)
  const part = Buffer.alloc(1024 * 1024, 'x')
  let written = 0
  for (; written < 100 && !command.isClosed; written++) {
    command.output.write(part)
    await settled()
  }
  t.equal(written, 17)
  await command.exit('SIGKILL ended it')
  t.equal(await watched.ended, 'it wrote a line that is too long')
  t.same(read, [])
})

t.test('a process that reads nothing ends once 16 MB wait for it', async (t) => {
  const { command, watched } = scene(t, playCommand(7, true))
  const line = JSON.stringify('x'.repeat(1024 * 1024))
  let sent = 0
  for (; sent < 100 && !command.isClosed; sent++) watched.send(line)
  t.equal(sent, 16)
  mock.timers.tick(0)
  mock.timers.tick(0)
  t.match(command.signals, ['SIGTERM'])
  await command.exit('SIGTERM ended it')
  t.equal(await watched.ended, "it doesn't read its input")
})

t.test('the log gets what it says on standard error, without secrets, in bounds', async (t) => {
  const { command, logged } = scene(t)
  await command.complain('half a 한')
  await command.complain('글 line\n\n  \nAuthorization: Bearer abcdefghijklmnop\n')
  await command.complain('one '.repeat(1000))
  await command.complain(`${'two '.repeat(1000)}\n`)
  t.equal(logged()[0], 'half a 한글 line')
  t.notMatch(logged()[1], /abcdefghijklmnop/)
  t.equal(logged()[2]!.length, 999, 'a thousand characters, without the space at the end')
  await command.complain('noise\n'.repeat(5000))
  t.equal(logged().length, 200)
  t.equal(logged().at(-1), 'the command writes too much: the rest of this minute is left out')
  const later = performance.now() + 60_001
  t.intercept(performance, 'now', { value: () => later })
  await command.complain('a minute later\n')
  t.equal(logged().at(-1), 'a minute later')
})
