/** Login attempts: counted before the password is checked, so that parallel ones can't exceed the limit (threat-model.md T15). */
import assert from 'node:assert/strict'
import { check, same, together } from '../check.ts'
import { MINUTE, NOW } from '../records.ts'

export const loginAttempts = [
  check('attempts are counted by subject within a window that the first one opens', async ({ loginAttempts }) => {
    same(await loginAttempts.count('a', NOW, NOW + MINUTE), { attempts: 1, expiresAt: NOW + MINUTE })
    same(await loginAttempts.count('a', NOW + 1, NOW + 1 + MINUTE), { attempts: 2, expiresAt: NOW + MINUTE })
    same(await loginAttempts.count('b', NOW + 1, NOW + 1 + MINUTE), { attempts: 1, expiresAt: NOW + 1 + MINUTE })
    same(await loginAttempts.count('a', NOW + MINUTE - 1, NOW + 2 * MINUTE), { attempts: 3, expiresAt: NOW + MINUTE })
    same(await loginAttempts.count('a', NOW + MINUTE, NOW + 2 * MINUTE), { attempts: 1, expiresAt: NOW + 2 * MINUTE }, 'a new window')
  }),
  check('attempts at the same moment are all counted, each with its own number', async ({ loginAttempts }) => {
    const counted = await together(25, () => loginAttempts.count('a', NOW, NOW + MINUTE))
    same(
      counted.map(({ attempts }) => attempts).sort((a, b) => a - b),
      Array.from({ length: 25 }, (_, index) => index + 1),
    )
  }),
  check('what was counted goes to one of those who ask at once, also when its window is over', async ({ loginAttempts }) => {
    await loginAttempts.count('a', NOW - MINUTE, NOW)
    const cleared = await together(5, () => loginAttempts.clear('a'))
    same(
      cleared.filter((each) => each !== undefined),
      [{ attempts: 1, expiresAt: NOW }],
    )
  }),
  check('a success takes back one attempt, or all of them, and never below 0', async ({ loginAttempts }) => {
    for (let attempt = 0; attempt < 3; attempt++) await loginAttempts.count('a', NOW, NOW + MINUTE)
    await loginAttempts.forgive('a')
    assert.equal((await loginAttempts.count('a', NOW, NOW + MINUTE)).attempts, 3)
    same(await loginAttempts.clear('a'), { attempts: 3, expiresAt: NOW + MINUTE }, 'what was counted')
    assert.equal(await loginAttempts.clear('a'), undefined)
    assert.equal((await loginAttempts.count('a', NOW, NOW + MINUTE)).attempts, 1)
    await together(4, () => loginAttempts.forgive('a'))
    await loginAttempts.forgive('nobody')
    assert.equal((await loginAttempts.count('a', NOW, NOW + MINUTE)).attempts, 1)
  }),
]
