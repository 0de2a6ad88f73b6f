import t from 'tap'
import { bareLoad, bareRoutes, record } from '../../bench/measure/recording.ts'
import type { Answer, Load } from '../../bench/measure/load.ts'

const answer = (status: number, body: string): Answer => ({ status, body, headers: { 'content-type': 'text/plain' } })

/** Two steps, as a server under load would see them: several turns, whose answers come in another order. */
function twoSteps() {
  const seen: string[] = []
  let turns = 0
  const load: Load = {
    amount: 2,
    connections: 2,
    expected: 303,
    next: () => ({ method: 'GET', path: `/authorize?turn=${++turns}` }),
    onAnswer: ({ body }) => seen.push(body),
    followedBy: [{ expected: 200, next: () => ({ method: 'POST', path: '/token', body: `turn=${turns}` }) }],
  }
  return { load, seen }
}

t.test('the first request and the first answer of each step are recorded, and all go on as before', async (t) => {
  const { load, seen } = twoSteps()
  const recording = { shots: [], answers: [] }
  const { followedBy = [], ...first } = record(load, recording)
  first.next({})
  first.next({})
  first.onAnswer!(answer(303, 'one'), {})
  first.onAnswer!(answer(303, 'two'), {})
  followedBy[0]!.next({})
  followedBy[0]!.onAnswer!(answer(200, 'tokens'), {})
  t.same(seen, ['one', 'two'])
  t.match(first, { amount: 2, connections: 2, expected: 303 })

  t.same(bareRoutes(recording, ['ES256']), [
    { method: 'GET', path: '/authorize', status: 303, headers: { 'content-type': 'text/plain' }, body: 'one', sign: [] },
    { method: 'POST', path: '/token', status: 200, headers: { 'content-type': 'text/plain' }, body: 'tokens', sign: ['ES256'] },
  ])
  const bare = bareLoad(recording, 32)
  t.match(bare, { amount: 32, connections: 16, expected: 303, followedBy: [{ expected: 200 }] })
  t.match(bare.next({}), { path: '/authorize?turn=1' })
  t.match(bare.followedBy![0]!.next({}), { path: '/token', body: 'turn=2' })
})
