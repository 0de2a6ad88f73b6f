import t from 'tap'
import { renderOutcome, renderRefusal, renderSummary } from '#src/doctor/outcome-report.ts'

const failure = {
  kind: 'failed',
  finding: 'token-failed',
  url: 'http://x.example/token',
  status: 400,
  expected: 'this',
  received: 'that',
  advice: 'do so',
} as const

t.test('a developer sees a mark, the title and the detail', async (t) => {
  t.strictSame(renderOutcome('It works', { kind: 'passed' }, false), ['✓ It works'])
  t.strictSame(renderOutcome('It works', { kind: 'passed', detail: 'well' }, false), ['✓ It works (well)'])
  t.strictSame(renderOutcome('It works', { kind: 'note', finding: 'iss-unannounced', detail: 'so so' }, false), [
    '! It works (so so; see iss-unannounced)',
  ])
  t.strictSame(renderOutcome('It works', { kind: 'skipped', detail: 'why' }, false), ['– It works (why)'])
})

t.test('a developer sees what failed, where, and what to do', async (t) => {
  t.strictSame(renderOutcome('It works', { ...failure, body: '{ "error":\n "no" }' }, false), [
    '✗ It works',
    '    URL       http://x.example/token',
    '    status    400',
    '    expected  this',
    '    received  that',
    '    body      { "error": "no" }',
    '    advice    do so',
    '    more      docs/troubleshooting.md#token-failed',
  ])
  t.strictSame(
    renderOutcome('It works', { kind: 'failed', finding: 'no-answer', url: 'u', expected: 'e', received: 'r', advice: 'a' }, false).length,
    6,
  )
})

t.test('a terminal sees colours only if asked', async (t) => {
  t.strictSame(renderOutcome('It works', { kind: 'passed', detail: 'well' }, true), [
    '\u001b[32m✓\u001b[0m It works \u001b[90m(well)\u001b[0m',
  ])
  t.equal(renderOutcome('It works', failure, true)[0], '\u001b[31m✗\u001b[0m It works')
  t.equal(renderRefusal('No.', true), '\u001b[31m✗\u001b[0m No.')
  t.equal(renderSummary({ passed: 1, failed: 0, skipped: 2, note: 1 }, true), '\u001b[32m1 passed, 0 failed, 2 skipped, 1 note\u001b[0m')
  t.equal(renderSummary({ passed: 1, failed: 1, skipped: 2, note: 0 }, true), '\u001b[31m1 passed, 1 failed, 2 skipped, 0 notes\u001b[0m')
})

t.test('a long body is cut after 300 characters, whole characters only', async (t) => {
  const [line] = renderOutcome('x', { ...failure, body: '🌍'.repeat(400) }, false).filter((line) => line.includes('body'))
  t.equal(line, `    body      ${'🌍'.repeat(300)}…`)
})

// threat-model.md T17: no secret in a report that people paste into issues.
t.test('a secret in a body is not shown', async (t) => {
  const body = '{"client_secret":"s3\\"cr3t","registration_access_token" : "t0k3n","client_id":"shown","access_token":"cut off'
  const text = renderOutcome('x', { ...failure, body }, false).join('\n')
  t.notMatch(text, /s3|cr3t|t0k3n|cut off/)
  t.match(text, '"client_id":"shown"')
  const redirect = renderOutcome('x', { ...failure, body: 'Found. See http://localhost/callback?code=c0d3&amp;state=shown' }, false).join(
    '\n',
  )
  t.match(redirect, 'code=[hidden]&amp;state=shown')
})

t.test('a server cannot steer the terminal', async (t) => {
  const evil = 'a\u001b[2J\u0007\u202eb\u2028\u009bc'
  const text = renderOutcome('x', { ...failure, received: evil, url: evil, body: evil }, false).join('')
  t.notMatch(text, /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/)
  t.notMatch(renderOutcome('x', { kind: 'note', finding: 'iss-unannounced', detail: evil }, false).join(''), '\u001b')
})
