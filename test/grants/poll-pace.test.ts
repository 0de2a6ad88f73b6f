import t from 'tap'
import { createPollPace } from '#src/grants/poll-pace.ts'
import { NOW } from '#test/support/records.ts'

t.test('a device that polls every 5 seconds is never too early, despite network delays', async (t) => {
  const pace = createPollPace()
  for (const at of [0, 5000, 9700, 14_700, 19_400]) t.equal(pace.isTooSoon('device', NOW + at), false, String(at))
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.5
//# the interval MUST be increased by 5 seconds for this and all subsequent requests.
t.test('a device that polls too early has to wait 5 seconds longer, each time; others do not', async (t) => {
  const pace = createPollPace()
  const answers = [0, 1000, 6000, 21_000, 36_000].map((at) => pace.isTooSoon('device', NOW + at))
  t.strictSame(answers, [false, true, true, false, false])
  t.equal(pace.isTooSoon('device', NOW + 46_000), true, 'for good')
  t.equal(pace.isTooSoon('other', NOW + 46_000), false)
})
