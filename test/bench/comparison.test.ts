import t from 'tap'
import { renderComparison } from '../../bench/measure/comparison.ts'
import { rounds, row } from './figures.ts'

const even = (value: number): number[] => Array.from({ length: 9 }, () => value)

t.test('a row is called slower if the noise cannot explain it, and doubtful if it can', async (t) => {
  const report = renderComparison(
    [
      row('same', { ours: rounds(100, 99, 101, 99, 101, 99, 101, 99, 101), before: rounds(...even(100)) }),
      row('noisy', { ours: rounds(90, 95, 97, 99, 102, 104, 106, 108, 150), before: rounds(...even(100)) }),
      row('slower', { ours: rounds(104, 105, 105, 107, 108, 109, 110, 111, 250), before: rounds(...even(100)) }),
      row('faster', { ours: rounds(...even(50)), before: rounds(...even(100)) }),
    ],
    '0.1.0, abc',
  )
  t.match(report, 'Before: 0.1.0, abc.')
  t.match(report, '| same | 100 | 100 (99-101) | +0.0 % | -1.0 % to +1.0 % |\n')
  t.match(report, '| noisy | 100 | 102 (90-150) | +2.0 % | -5.0 % to +8.0 % |\n')
  t.match(report, '| slower | 100 | 108 (104-250) | +8.0 % | +5.0 % to +11.0 % |\n')
  t.match(report, '| faster | 100 | 50 | -50.0 % | -50.0 % to -50.0 % |\n')
  t.match(report, 'Slower by more than 3 %: slower (+8.0 %).\nPerhaps, which more rounds would show: noisy (+2.0 %).\n')
})

t.test('three percent are tolerated', async (t) => {
  const report = renderComparison([row('refresh', { ours: rounds(102.9), before: rounds(100) })], '')
  t.match(report, 'Slower by more than 3 %: none.\nPerhaps, which more rounds would show: none.\n')
})

t.test('a row without CPU time has no verdict', async (t) => {
  const report = renderComparison([row('refresh', { ours: rounds(undefined), before: rounds(100) })], '')
  t.match(report, '| refresh | 100 | - | - | - |\n')
  t.match(report, 'by more than 3 %: none.')
})
