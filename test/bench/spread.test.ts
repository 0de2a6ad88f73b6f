import t from 'tap'
import { middleHalf, ratios, spread } from '../../bench/spread.ts'

t.test('a spread is the middle, the lowest and the highest', async (t) => {
  t.same(spread([3, 1, 2]), { median: 2, low: 1, high: 3 })
  t.same(spread([7]), { median: 7, low: 7, high: 7 })
})

t.test('a spread is unknown where a value is', async (t) => {
  t.equal(spread([]), undefined)
  t.equal(spread([1, undefined, 3]), undefined)
})

t.test('the middle half leaves out as much below as above', async (t) => {
  t.same(middleHalf([90, 1, 3, 2, 4]), { median: 3, low: 2, high: 4 })
  t.same(middleHalf([8, 1, 7, 2, 6, 3, 5, 4, 99]), { median: 5, low: 3, high: 7 })
  t.same(middleHalf([5]), { median: 5, low: 5, high: 5 })
  t.equal(middleHalf([]), undefined)
})

t.test('ratios pair the rounds, so that a slow spell of the machine cancels out', async (t) => {
  t.same(ratios([2, 20, 6], [1, 10, 3]), [2, 2, 2])
  t.same(ratios([2, 4], [1, undefined]), [2, undefined])
  t.same(ratios([2, 4, 6], []), [])
  t.same(ratios([], [1]), [])
})
