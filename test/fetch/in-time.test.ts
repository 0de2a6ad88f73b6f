import t from 'tap'
import { inTime } from '#src/fetch/in-time.ts'

t.test('a caller gets the outcome in time or none, and is not disturbed by what happens later', async (t) => {
  t.equal(await inTime(Promise.resolve('done'), 1000), 'done')
  await t.rejects(inTime(Promise.reject(new Error('failed')), 1000), { message: 'failed' })
  let fail = (_error: Error): void => undefined
  const slow = new Promise<string>((_resolve, reject) => (fail = reject))
  t.equal(await inTime(slow, 1), undefined)
  fail(new Error('too late'))
  await new Promise(setImmediate)
})
