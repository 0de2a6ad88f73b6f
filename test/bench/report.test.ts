import t from 'tap'
import { renderFlushes, renderReport, withRange } from '../../bench/measure/report.ts'
import { rounds, row } from './figures.ts'

const ABOUT = { date: '2026-01-02', rounds: 3, sittings: 1, peerNotes: ['Peer: another server 1.2.3.'] }
const HEAD =
  '| request | per second | p50 ms | p99 ms | server CPU ms / 1000 | bare CPU ms / 1000 | CPU ratio | throughput ratio | peer CPU ms / 1000 | times less CPU than the peer |'

t.test('a row shows our CPU time beside both others, with the middle and the range of the rounds', async (t) => {
  const report = renderReport(
    [row('refresh', { ours: rounds(210, 200, 190), bare: rounds(100, 100, 100), peer: rounds(630, 500, 475) })],
    ABOUT,
  )
  t.match(report, `${HEAD}\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n`)
  t.match(report, '| refresh | 5000 | 2.00 | 10.00 | 200 (190-210) | 100 | 2.0 (1.9-2.1) | 2.0 | 500 (475-630) | 2.5 (2.5-3.0) |\n')
  t.match(report, '2026-01-02, Node ')
  t.match(report, 'the middle of 3 rounds')
  t.match(report, '- Bare: Fastify')
  t.match(report, '- Peer: another server 1.2.3.\n')
})

t.test('what the peer could not do has no figure, and its reason', async (t) => {
  const report = renderReport(
    [
      row('refresh', { ours: rounds(200), bare: rounds(100), peer: rounds(400) }),
      row('introspect', { ours: rounds(200), bare: rounds(100), refusal: 'expected 200, got 400: no' }),
    ],
    ABOUT,
  )
  t.match(report, '| introspect | 5000 | 2.00 | 10.00 | 200 | 100 | 2.0 | 2.0 | - | - |\n')
  t.match(report, '- What the peer could not do: introspect ("expected 200, got 400: no").\n')
})

t.test('without CPU time these cells are empty', async (t) => {
  const unknown = rounds(undefined, undefined)
  const report = renderReport([row('refresh', { ours: unknown, bare: unknown, peer: unknown }), row('jwks', { ours: rounds(50) })], ABOUT)
  t.match(report, '| refresh | 1000 | 10.00 | 10.00 | - | 1.0 |\n', 'and drops columns that are empty in every row')
})

t.test('servers that did not take part have neither columns nor notes', async (t) => {
  const report = renderReport([row('refresh', { ours: rounds(200) })], { ...ABOUT, rounds: 1, peerNotes: [] })
  t.match(report, '| request | per second | p50 ms | p99 ms | server CPU ms / 1000 |\n|---|---:|---:|---:|---:|\n| refresh | 5000 |')
  t.match(report, 'take turns: one round.')
  t.notMatch(report, 'Bare')
})

t.test('several sittings are said, with all their rounds', async (t) => {
  t.match(
    renderReport([row('refresh', { ours: rounds(200) })], { ...ABOUT, sittings: 3 }),
    '3 times from their start: the middle of 9 rounds',
  )
})

t.test('a range is left out where all rounds are alike', async (t) => {
  t.equal(withRange({ median: 2.04, low: 2.01, high: 2.04 }, 1), '2.0')
  t.equal(withRange({ median: 2, low: 1.9, high: 2 }, 1), '2.0 (1.9-2.0)')
  t.equal(withRange(undefined), '-')
})

t.test('group commit shows how many requests share a flush, and what could not be measured', async (t) => {
  const measured = { connections: 16, perSecond: { requests: 4000, flushes: 500 } }
  const refused = { connections: 256, refusal: '256 connections: expected 201, got 503: busy' }
  t.match(renderFlushes([measured]), /\|---:\|---:\|---:\|---:\|\n\| 16 \| 4000 \| 500 \| 8\.0 \|\n$/)
  t.match(renderFlushes([measured, refused]), '| 256 | - | - | - |\n\n256 connections: expected 201, got 503: busy.\n')
})
