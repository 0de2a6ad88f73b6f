import { readFileSync } from 'node:fs'
import t from 'tap'
import { dateOf, dateSection, sectionOf, withDate } from '../../scripts/release/changelog.ts'
import { nextSteps, parseWanted, refuseContent, refuseDirty } from '../../scripts/release/plan.ts'
import { ReleaseRefused } from '../../scripts/release/refused.ts'
import { nextVersion } from '../../scripts/release/version.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const refused = (message: RegExp) => ({ name: 'ReleaseRefused', message })

t.test('a maintainer names a step or a version, and never an earlier one', async (t) => {
  t.equal(nextVersion('0.1.9', 'patch'), '0.1.10')
  t.equal(nextVersion('0.1.9', 'minor'), '0.2.0')
  t.equal(nextVersion('0.1.9', 'major'), '1.0.0')
  t.equal(nextVersion('0.1.9', '0.10.0'), '0.10.0', 'by number, not by letter')
  t.equal(nextVersion('0.1.9', '0.1.9'), '0.1.9', 'the same once more')
  for (const older of ['0.1.8', '0.0.10']) t.throws(() => nextVersion('0.1.9', older), refused(/older than the current version, 0\.1\.9/))
  t.throws(() => nextVersion('1.0.0', '0.9.9'), refused(/older/))
  for (const word of ['', 'v1.2.3', '1.2', '1.2.3-rc.1', '01.2.3', 'latest'])
    t.throws(() => nextVersion('0.1.9', word), refused(/not a version/))
})

const changelog = (unreleased: string) =>
  `# Changelog\n\n## [Unreleased]\n${unreleased}\n## [0.1.0] - 2026-11-29\n\n### Added\n\n- All of it.\n`

t.test('what was waiting under Unreleased gets a version and a date, and Unreleased is empty again', async (t) => {
  const dated = dateSection(changelog('\n### Fixed\n\n- A fault.\n'), '0.1.1', '2026-12-24')
  t.equal(
    dated,
    '# Changelog\n\n## [Unreleased]\n\n## [0.1.1] - 2026-12-24\n\n### Fixed\n\n- A fault.\n\n## [0.1.0] - 2026-11-29\n\n### Added\n\n- All of it.\n',
  )
  t.equal(sectionOf(dated, '0.1.1'), '### Fixed\n\n- A fault.')
  t.equal(sectionOf(dated, '0.1.0'), '### Added\n\n- All of it.', 'the last one, too')
  t.equal(sectionOf(dated, '0.1'), undefined)
  t.equal(dateSection(dated, '0.1.1', '2026-12-25'), dated, 'a second try changes nothing')
  t.equal(dateOf(dated, '0.1.1'), '2026-12-24')
  const { version, released } = JSON.parse(read('package.json')) as { version: string; released: string }
  t.equal(released, dateOf(read('CHANGELOG.md'), version), 'the server knows the date of its version')
  t.match(JSON.parse(withDate(read('package.json'), '2030-01-02')), { version, released: '2030-01-02' })
})

t.test('a changelog that has nothing to release, or no place for it, is refused', async (t) => {
  t.throws(() => dateSection(changelog(''), '0.1.1', '2026-12-24'), refused(/nothing to release/))
  t.throws(() => dateSection(changelog('\n- More.\n'), '0.1.0', '2026-12-24'), refused(/a section for 0\.1\.0 and lines under Unreleased/))
  t.throws(() => dateSection('# Changelog\n', '0.1.1', '2026-12-24'), refused(/no section "## \[Unreleased\]"/))
})

t.test('a release runs the tests; a dry run may leave them out', async (t) => {
  t.same(parseWanted(['minor']), { version: 'minor', dryRun: false, tests: true })
  t.same(parseWanted(['--dry-run', '1.0.0']), { version: '1.0.0', dryRun: true, tests: true })
  t.same(parseWanted(['patch', '--dry-run', '--no-tests']), { version: 'patch', dryRun: true, tests: false })
  t.throws(() => parseWanted(['patch', '--no-tests']), refused(/A release runs the tests/))
  for (const words of [[], ['patch', 'minor'], ['patch', '--force']])
    t.throws(() => parseWanted(words), refused(/npm run release -- VERSION/))
})

t.test('a checkout with changes is not released', async (t) => {
  t.doesNotThrow(() => refuseDirty('\n'))
  t.throws(() => refuseDirty(' M README.md\n?? new.ts\n'), refused(/not committed:\n M README\.md\n\?\? new\.ts$/))
})

const PACKAGE = [
  'package.json',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  '.env.example',
  'docs/configuration.md',
  'docs/clients/registration.md',
  'dist/cli.js',
  'dist/server.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/resource-server/index.js',
  'dist/resource-server/index.d.ts',
  'dist/storage/migrations/0001.do.initial.sql',
  'dist/templates/login.hbs',
]

t.test('a package has what it needs, and nothing of the checkout besides', async (t) => {
  t.doesNotThrow(() => refuseContent([...PACKAGE, 'dist/domain/token/grant.js', 'docs/operations.md']))
  for (const path of PACKAGE) {
    const others = PACKAGE.filter((other) => other !== path)
    t.throws(() => refuseContent(others), { name: 'ReleaseRefused', message: `The package lacks ${path}.` })
  }
  for (const path of [
    '.env',
    'src/app.ts',
    'test/documents.test.ts',
    'data/solar-system.db',
    'data/secret',
    'other-0.1.0.tgz',
    'tls/server.key',
  ])
    t.throws(() => refuseContent([...PACKAGE, path]), { name: 'ReleaseRefused', message: `The package must not hold ${path}.` })
})

t.test('a maintainer reads the commands to type next', async (t) => {
  const steps = nextSteps('0.2.0', 'solar-system-oauth-server-0.2.0.tgz')
  t.ok(steps.includes('git tag --annotate v0.2.0 --message 0.2.0\n'))
  t.ok(steps.includes('solar-system-oauth-server-0.2.0.tgz is built and checked'))
  t.ok(new ReleaseRefused('x') instanceof Error)
})

t.test('the version of the package has a section in the changelog', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  t.ok(sectionOf(read('CHANGELOG.md'), version), version)
})
