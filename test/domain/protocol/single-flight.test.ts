import t from 'tap'
import { createSingleFlight, createSingleFlights } from '#src/domain/protocol/single-flight.ts'

t.test('callers that come while work is running share it, and the next one starts it again', async (t) => {
  const flight = createSingleFlight<number>()
  let runs = 0
  const work = async () => ++runs
  t.equal(flight.current, undefined)
  const both = [flight.join(work), flight.join(work)]
  t.equal(flight.current, both[0])
  t.strictSame(await Promise.all(both), [1, 1])
  t.equal(flight.current, undefined)
  t.equal(await flight.join(work), 2)
})

t.test('work that fails fails for all who share it, and is forgotten', async (t) => {
  const flight = createSingleFlight<number>()
  const both = [flight.join(() => Promise.reject(new Error('no'))), flight.join(async () => 1)]
  for (const each of both) await t.rejects(each, { message: 'no' })
  t.equal(await flight.join(async () => 2), 2)
})

t.test('each key has a flight of its own', async (t) => {
  const inOneFlight = createSingleFlights<string>()
  const runs: string[] = []
  const load = (key: string) => inOneFlight(key, async () => `${key}${runs.push(key)}`)
  t.strictSame(await Promise.all([load('a'), load('b'), load('a')]), ['a1', 'b2', 'a1'])
  t.equal(await load('a'), 'a3')
  await t.rejects(inOneFlight('c', () => Promise.reject(new Error('no'))))
  t.equal(await load('c'), 'c4')
})
