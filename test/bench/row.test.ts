import t from 'tap'
import { joinSittings } from '../../bench/rows/row.ts'
import { rounds, row } from './figures.ts'

t.test('the rounds of all sittings make up a row', async (t) => {
  const sittings = [
    [row('refresh', { ours: rounds(1), bare: rounds(2) }), row('jwks', { ours: rounds(3) })],
    [row('refresh', { ours: rounds(4), bare: rounds(5) }), row('jwks', { ours: rounds(6) })],
  ]
  t.same(joinSittings(sittings), [row('refresh', { ours: rounds(1, 4), bare: rounds(2, 5) }), row('jwks', { ours: rounds(3, 6) })])
  t.same(joinSittings(sittings.slice(0, 1)), sittings[0])
  t.same(joinSittings([]), [])
})

t.test('a row that failed in one sitting is left out, and one that the peer refused once has no figures of it', async (t) => {
  const refused = row('refresh', { ours: rounds(4), refusal: 'no' })
  t.same(joinSittings([[row('refresh', { ours: rounds(1), peer: rounds(2) }), row('jwks', { ours: rounds(3) })], [refused]]), [
    row('refresh', { ours: rounds(1, 4), refusal: 'no' }),
  ])
})
