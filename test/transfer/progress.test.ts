import { PassThrough } from 'node:stream'
import t from 'tap'
import { showProgress } from '#src/transfer/progress.ts'

function watch(isTTY: boolean) {
  const clock = { now: 0 }
  const stream = Object.assign(new PassThrough().setEncoding('utf8'), { isTTY })
  const progress = showProgress(stream, () => clock.now)
  return { clock, progress, written: () => (stream.read() as string | null) ?? '' }
}

t.test('in a terminal one line is updated, at most ten times a second, and stays when its table is done', async (t) => {
  const { clock, progress, written } = watch(true)
  progress('clients', 500, false)
  t.equal(written(), '\r\x1b[Kclients: 500 ...')
  clock.now = 99
  progress('clients', 1000, false)
  t.equal(written(), '')
  clock.now = 100
  progress('clients', 1500, false)
  t.equal(written(), '\r\x1b[Kclients: 1,500 ...')
  progress('clients', 1600, true)
  t.equal(written(), '\r\x1b[Kclients: 1,600\n')
})

t.test('elsewhere there is a line for each table that has records', async (t) => {
  const { progress, written } = watch(false)
  progress('clients', 500, false)
  progress('clients', 500, true)
  progress('sessions', 0, true)
  t.equal(written(), 'clients: 500\n')
})

t.test('real time is taken where none is given', async (t) => {
  const stream = Object.assign(new PassThrough(), { isTTY: true })
  showProgress(stream)('clients', 500, false)
  t.match(String(stream.read()), 'clients: 500 ...')
})
