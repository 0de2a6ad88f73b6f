import t from 'tap'
import { versionNeeds } from '#src/domain/management/program.ts'
import { createLanguages } from '#src/plugins/pages/page-language.ts'

const RELEASE = { version: '1.3.0', released: '2026-11-29' }
const NOW = Date.parse('2027-03-01')
const SAME = { found: 60, known: 60 }
const program = (version = '1.3.0', node = '24.11.0', installed = RELEASE) => ({ version, node, installed: () => installed })

t.test('an operator whose versions are all current reads nothing', async (t) => {
  t.strictSame(versionNeeds(program(), NOW, SAME), [])
  t.strictSame(versionNeeds(program('1.3.0', '99.0.0'), NOW, SAME), [], 'a Node.js that came after this version')
  t.strictSame(versionNeeds(program(), NOW, { found: 59, known: 60 }), [])
  t.strictSame(versionNeeds(program('1.3.0', '22.20.0'), Date.parse('2027-04-30'), SAME), [], 'on the last day')
  t.strictSame(versionNeeds(program(), Date.parse('2027-11-29'), SAME), [], 'after a year')
})

t.test('an operator reads what is due, in the words of the command and of the console alike', async (t) => {
  const { translate } = createLanguages()
  const day = 86_400_000
  for (const [needs, kind, message] of [
    [versionNeeds(program('1.2.0'), NOW, SAME), 'restart', 'Version 1.3.0 is installed, but 1.2.0 still runs: start the server again.'],
    [
      versionNeeds(program(), NOW, { found: 61, known: 60 }),
      'database',
      'A newer version of the server uses the database too (schema version 61, this one knows 60): run the same version on every node.',
    ],
    [
      versionNeeds(program('1.3.0', '22.20.0'), Date.parse('2027-04-30') + day, SAME),
      'node',
      'Node.js 22 has had no fixes since 2027-04-30: install a newer one.',
    ],
    [
      versionNeeds(program(), Date.parse('2027-11-29') + day, SAME),
      'age',
      'Version 1.3.0 was released on 2026-11-29, more than a year ago: see whether there is a newer one.',
    ],
  ] as const) {
    t.match(needs, [{ kind, message }])
    t.equal(needs.length, 1)
    const { values } = needs[0]!
    t.equal(translate('en', `console.needs.version.${kind}`, values), message)
    const korean = translate('ko', `console.needs.version.${kind}`, values)
    for (const value of Object.values(values)) t.match(korean, String(value))
  }
})
