import t from 'tap'
import { isWhole, readOptions, select } from '../../bench/measure/options.ts'

const read = (...args: string[]) => readOptions(args, '/checkouts/here')
const NAMES = ['refresh', 'refresh, openid', 'userinfo']

t.test('without arguments every row is measured beside all others, and the figures are kept', async (t) => {
  const options = read()
  t.same(options, { words: [], quick: false, rounds: 5, sittings: 1, others: true, against: undefined, settings: {} })
  t.ok(isWhole(options))
})

t.test('what measures less than a whole run is not kept', async (t) => {
  for (const args of [['refresh'], ['--quick'], ['--against', '../there', '--only-ours'], ['--set', 'WORKERS=2']])
    t.notOk(isWhole(read(...args)), args.join(' '))
  t.ok(isWhole(read('--against', '../there', '--rounds', '9')))
})

t.test('a quick run has one round and one sitting, even if more are asked for', async (t) => {
  t.match(read('--quick', '--rounds', '7', '--against', 'x'), { rounds: 1, sittings: 1 })
})

t.test('another checkout is found relative to the folder of the caller, and gets many rounds in three sittings', async (t) => {
  t.match(read('--against', '../there'), { against: '/checkouts/there', sittings: 3, rounds: 12 })
  t.match(read('--against', '/elsewhere', '--sittings', '2', '--rounds', '40'), { against: '/elsewhere', sittings: 2, rounds: 40 })
})

t.test('settings are those of our server alone, as an environment has them', async (t) => {
  t.match(read('--against', '.', '--set', 'METRICS_LISTEN=9464', '--set', 'ADMIT=a=b,'), {
    against: '/checkouts/here',
    settings: { METRICS_LISTEN: '9464', ADMIT: 'a=b,' },
  })
})

t.test('what cannot be meant is refused with a sentence', async (t) => {
  for (const [args, sentence] of [
    [['--rounds', '0'], /--rounds is a whole number from 1 to 999, not 0/],
    [['--rounds', '1.5'], /not 1\.5/],
    [['--sittings', 'many'], /--sittings is a whole number/],
    [['--only-ours'], /--only-ours needs --against/],
    [['--set', 'METRICS_LISTEN'], /--set is a name and a value/],
    [['--nonsense'], /--nonsense/],
    [['--against'], /against/],
  ] as const) {
    t.throws(() => read(...args), { name: 'UsageError', message: sentence }, args.join(' '))
  }
})

t.test('words choose the rows that hold one of them, in the order of the rows', async (t) => {
  t.same(select(NAMES, []), NAMES)
  t.same(select(NAMES, ['refresh']), ['refresh', 'refresh, openid'])
  t.same(select(NAMES, ['userinfo', 'openid']), ['refresh, openid', 'userinfo'])
  t.throws(() => select(NAMES, ['refresh', 'revoke']), /no row holds "revoke"; there are: refresh; refresh, openid; userinfo/)
})
