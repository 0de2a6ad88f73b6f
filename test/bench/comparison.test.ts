import t from 'tap'
import { renderComparison } from '../../bench/comparison.ts'
import { rounds, row } from './figures.ts'

t.test('a row that takes longer in the middle round is named, and so is one that does in three of four', async (t) => {
  const report = renderComparison(
    [
      row('same', { ours: rounds(101, 99, 100, 100, 100), before: rounds(100, 100, 100, 100, 100) }),
      row('noisy', { ours: rounds(105, 104, 104, 90, 80), before: rounds(100, 100, 100, 100, 100) }),
      row('slower', { ours: rounds(110, 108, 109, 107, 106), before: rounds(100, 100, 100, 100, 100) }),
      row('faster', { ours: rounds(50, 50, 50, 50, 50), before: rounds(100, 100, 100, 100, 100) }),
    ],
    '0.1.0, abc',
  )
  t.match(report, 'Before: 0.1.0, abc.')
  t.match(report, '| same | 100 | 100 (99-101) | +0.0 % | +0.0 % to +0.0 % |\n')
  t.match(report, '| noisy | 100 | 104 (80-105) | +4.0 % | -10.0 % to +4.0 % |\n')
  t.match(report, '| slower | 100 | 108 (106-110) | +8.0 % | +7.0 % to +9.0 % |\n')
  t.match(report, '| faster | 100 | 50 | -50.0 % | -50.0 % to -50.0 % |\n')
  t.match(report, 'Slower by more than 3 % in the middle round: noisy (+4.0 %), slower (+8.0 %).\n')
  t.match(report, 'In three rounds of four: slower (+7.0 %).\n')
})

t.test('three percent are tolerated', async (t) => {
  const report = renderComparison([row('refresh', { ours: rounds(102.9), before: rounds(100) })], '')
  t.match(report, 'in the middle round: none.\nIn three rounds of four: none.\n')
})

t.test('without CPU time nothing is said of a row', async (t) => {
  const report = renderComparison([row('refresh', { ours: rounds(undefined), before: rounds(100) })], '')
  t.match(report, '| refresh | 100 | - | - | - |\n')
  t.match(report, 'in the middle round: none.')
})
