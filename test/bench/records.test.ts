import t from 'tap'
import { createRecords } from '../../bench/peer/records.ts'

t.test('the peer finds, uses up, and forgets what it stored', async (t) => {
  const records = createRecords('AuthorizationCode')
  await records.upsert('one', { grantId: 'grant', uid: 'uid' })
  await records.upsert('two', { grantId: 'grant' })
  await records.upsert('three', { grantId: 'other' })
  t.match(await records.findByUid('uid'), { grantId: 'grant' })
  await records.consume('one')
  t.type((await records.find('one'))!.consumed, 'number')
  await records.destroy('one')
  t.equal(await records.find('one'), undefined)
  await records.revokeByGrantId('grant')
  t.equal(await records.find('two'), undefined)
  t.ok(await records.find('three'))
  t.equal(await records.findByUserCode(), undefined)
})

t.test('its memory is bounded, but for what lasts', async (t) => {
  const [codes, clients] = [createRecords('AuthorizationCode'), createRecords('Client')]
  for (let number = 0; number < 60_000; number++) {
    await codes.upsert(String(number), {})
    await clients.upsert(String(number), {})
  }
  t.equal(await codes.find('0'), undefined)
  t.ok(await codes.find('35000'), 'of the newest 25,000 none is lost')
  t.ok(await clients.find('0'))
})
