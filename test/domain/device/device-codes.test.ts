import t from 'tap'
import {
  USER_CODE_LETTERS,
  formatUserCode,
  hashDeviceCode,
  hashUserCode,
  parseUserCode,
  refuseWaiting,
} from '#src/domain/device/device-codes.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newUserCode } from '#src/crypto/random.ts'
import { NOW } from '#test/support/records.ts'

t.test('a user code is found however a user types it', async (t) => {
  for (const typed of [
    'WDJB-MJHT',
    'wdjb-mjht',
    'wdjbmjht',
    ' W D J B . M J H T ',
    'wdjb–mjht',
    'ＷＤＪＢ－ＭＪＨＴ',
    'ｗｄｊｂｍｊｈｔ',
    'ＷDJB-MJHT',
  ])
    t.equal(parseUserCode(typed), 'WDJBMJHT', typed)
  for (const typed of ['', 'WDJB-MJH', 'WDJB-MJHTX', 'WDJB-MJHA', 'WDJB-MJH1', 'ＷＤＪＢＭＪＨＡ', 'ẞDJBMJHT'])
    t.equal(parseUserCode(typed), undefined, typed)
  t.equal(formatUserCode('WDJBMJHT'), 'WDJB-MJHT')
})

t.test('a user code has 8 letters of 20, and over 34 bits', async (t) => {
  const codes = Array.from({ length: 500 }, newUserCode)
  t.equal(new Set(codes).size, 500)
  t.strictSame([...new Set(codes.join(''))].sort().join(''), USER_CODE_LETTERS)
  for (const code of codes) t.equal(parseUserCode(formatUserCode(code)), code)
  t.ok(Math.log2(USER_CODE_LETTERS.length ** 8) > 34)
})

t.test('the stored hashes reveal neither code, and differ from those of authorization codes (T7)', async (t) => {
  t.not(hashDeviceCode('x'), sha256('x'))
  t.not(hashUserCode('WDJBMJHT', Buffer.from('one')), hashUserCode('WDJBMJHT', Buffer.from('other')))
})

t.test('a device that gets no token gets the reason (RFC 8628 section 3.5)', async (t) => {
  const waiting = {
    deviceCodeHash: 'd',
    grantId: 'g',
    userCodeHash: 'u',
    clientId: 'client',
    parameters: {},
    createdAt: NOW,
    expiresAt: NOW + 1000,
  }
  const heard = (...args: Parameters<typeof refuseWaiting>) => refuseWaiting(...args).error.code
  t.equal(heard(waiting, 'client', false, NOW), 'authorization_pending')
  t.equal(heard(waiting, 'client', true, NOW), 'slow_down')
  t.equal(heard(waiting, 'client', false, NOW + 1000), 'expired_token')
  t.equal(heard({ ...waiting, decision: 'denied' }, 'client', true, NOW + 1000), 'access_denied')
  t.equal(heard({ ...waiting, decision: 'allowed' }, 'client', false, NOW), 'expired_token', 'its grant is gone')
  t.equal(heard(waiting, 'other', false, NOW), 'invalid_grant')
  t.equal(heard(undefined, 'client', false, NOW), 'invalid_grant')
})
