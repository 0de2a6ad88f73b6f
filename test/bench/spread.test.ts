import t from 'tap'
import { interval, ratios, spread } from '../../bench/measure/spread.ts'

t.test('a spread is the middle, the lowest and the highest', async (t) => {
  t.same(spread([3, 1, 2]), { median: 2, low: 1, high: 3 })
  t.same(spread([7]), { median: 7, low: 7, high: 7 })
})

t.test('a spread is unknown where a value is', async (t) => {
  t.equal(spread([]), undefined)
  t.equal(spread([1, undefined, 3]), undefined)
})

t.test('the interval of the middle narrows with the number of rounds', async (t) => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
  t.same(interval(upTo(5)), { median: 3, low: 1, high: 5 })
  t.same(interval(upTo(15).reverse()), { median: 8, low: 4, high: 12 })
  t.same(interval(upTo(101)), { median: 51, low: 41, high: 61 })
  t.equal(interval([]), undefined)
})

t.test('ratios pair the rounds, so that a slow spell of the machine cancels out', async (t) => {
  t.same(ratios([2, 20, 6], [1, 10, 3]), [2, 2, 2])
  t.same(ratios([2, 4], [1, undefined]), [2, undefined])
  t.same(ratios([2, 4, 6], []), [])
  t.same(ratios([], [1]), [])
})
