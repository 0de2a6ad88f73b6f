import t from 'tap'
import { KNOWN_FOR_MS, knownBrowser, rememberAccount } from '#src/domain/user/known-browser.ts'
import type { MacKeys } from '#src/domain/protocol/mac.ts'

const KEYS: MacKeys = [Buffer.from('the key')]
const NOW = 1_800_000_000_000
const helen = { id: 'helen', passwordHash: '$argon2id$one' }
const COOKIE = rememberAccount('', helen, KEYS, NOW, 'browser-1')

t.test('a browser is known for the account that logged in there, and for 180 days', async (t) => {
  t.equal(knownBrowser(COOKIE, helen, KEYS, NOW), 'browser-1')
  t.equal(knownBrowser(COOKIE, helen, KEYS, NOW + 180 * 86_400_000 - 1), 'browser-1')
  t.equal(KNOWN_FOR_MS, 180 * 86_400_000)
  t.equal(knownBrowser(COOKIE, helen, KEYS, NOW + KNOWN_FOR_MS), undefined)
})

t.test('a login renews the time, and not the attempts: the browser keeps its id', async (t) => {
  const later = rememberAccount(COOKIE, helen, KEYS, NOW + 5, 'browser-2')
  t.equal(knownBrowser(later, helen, KEYS, NOW + KNOWN_FOR_MS), 'browser-1')
  t.equal(later.split('~').length, 1)
  const afterExpiry = rememberAccount(COOKIE, helen, KEYS, NOW + KNOWN_FOR_MS, 'browser-2')
  t.equal(knownBrowser(afterExpiry, helen, KEYS, NOW + KNOWN_FOR_MS), 'browser-2')
})

t.test('it is void for another account, another password, another key, and once the account was unlocked', async (t) => {
  for (const [account, keys] of [
    [{ ...helen, id: 'paris' }, KEYS],
    [{ ...helen, passwordHash: '$argon2id$two' }, KEYS],
    [{ ...helen, browsersForgottenAt: NOW }, KEYS],
    [helen, [Buffer.from('another key')]],
  ] as const)
    t.equal(knownBrowser(COOKIE, account, keys, NOW), undefined)
  t.equal(knownBrowser(COOKIE, helen, [Buffer.from('the new key'), ...KEYS], NOW), 'browser-1', 'while SECRET is being replaced')
})

t.test('nothing that somebody wrote counts', async (t) => {
  const [id, since, signature] = COOKIE.split('.') as [string, string, string]
  for (const forged of [
    '',
    '~~~',
    '..',
    'browser-1',
    `browser-2.${since}.${signature}`,
    `${id}.${NOW + 1}.${signature}`,
    `${id}.Infinity.${signature}`,
    `${id}.${since}.`,
    `${id}.${since}.${signature}x`,
    `~~~${COOKIE}`,
  ])
    t.equal(knownBrowser(forged, helen, KEYS, NOW), undefined, forged)
})

t.test('a browser is known for three accounts at most: those that logged in last', async (t) => {
  let cookie = ''
  const people = ['a', 'b', 'c', 'd'].map((name) => ({ id: name, passwordHash: name }))
  for (const person of people) cookie = rememberAccount(cookie, person, KEYS, NOW, `browser of ${person.id}`)
  t.equal(cookie.split('~').length, 3)
  t.strictSame(
    people.map((person) => knownBrowser(cookie, person, KEYS, NOW)),
    [undefined, 'browser of b', 'browser of c', 'browser of d'],
  )
})
