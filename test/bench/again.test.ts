import t from 'tap'
import { again } from '../../bench/measure/again.ts'

t.test('a failed measurement is repeated, and the person reads why', async (t) => {
  const said: string[] = []
  let attempts = 0
  const measured = again(
    'refresh, ours',
    (line) => said.push(line),
    async () => {
      if (++attempts < 3) throw new Error('busy')
      return attempts
    },
  )
  t.equal(await measured, 3)
  t.same(said, ['refresh, ours: busy; once more\n', 'refresh, ours: busy; once more\n'])
})

t.test('what fails three times fails, and says what it was', async (t) => {
  let attempts = 0
  const failing = async () => {
    attempts++
    throw new Error('expected 200, got 500')
  }
  await t.rejects(
    again('refresh, peer', () => undefined, failing),
    { message: 'refresh, peer: expected 200, got 500' },
  )
  t.equal(attempts, 3)
})
