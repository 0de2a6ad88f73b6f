import t from 'tap'
import { BUDGET, createEventBudget } from '#src/plugins/kernel/event-budget.ts'

const NOW = 1_800_000_000_000
const DAY = 86_400_000
const { ofSite, ofAll } = BUDGET

/** How many of so many events a budget gives how much room. */
function spend(budget: ReturnType<typeof createEventBudget>, count: number, addressOf: (index: number) => string, now = NOW) {
  const shares = { whole: 0, bare: 0, none: 0 }
  for (let index = 0; index < count; index++) shares[budget.spend(addressOf(index), now)]++
  return shares
}

t.test('T18: the events of one sender lose their details, then are not kept, until the next day', async (t) => {
  const budget = createEventBudget()
  t.strictSame(
    spend(budget, 3000, (index) => `192.0.2.1:${index}`),
    { whole: 500, bare: 1500, none: 1000 },
  )
  t.strictSame(
    spend(budget, 3000, (index) => `2001:db8:1:${index.toString(16)}::1`),
    { whole: 500, bare: 1500, none: 1000 },
    'one site',
  )
  t.equal(budget.spend('192.0.2.2', NOW), 'whole', 'others are not concerned')
  t.equal(budget.spend('192.0.2.1', NOW + DAY), 'whole')
})

t.test('T18: there is a bound for all senders of a day, to which one adds no more than its own', async (t) => {
  const budget = createEventBudget()
  spend(budget, 100_000, () => '192.0.2.1')
  const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
  const shares = spend(budget, 30_000, addressOf)
  t.strictSame(shares, { whole: ofAll.whole - ofSite.bare, bare: ofAll.bare - ofAll.whole, none: 30_000 - ofAll.bare + ofSite.bare })
  t.strictSame(spend(budget, 10, addressOf, NOW + DAY), { whole: 10, bare: 0, none: 0 })
})
