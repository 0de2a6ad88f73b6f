import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { shippedLocales } from '#src/config/settings/locales.ts'

const english = readFileSync(new URL('../../src/templates/locales/en.json', import.meta.url), 'utf8')

t.test('an operator adds a language by a file, and changes sentences of one that ships', async (t) => {
  const folder = t.testdir({ 'PT-br.json': english, 'en.json': '{"login.title": "Log in"}', 'notes.txt': 'x' })
  const loaded = loadConfig({ LOCALES_DIR: folder })
  t.match(loaded, { ok: true, value: { locales: { 'pt-BR': shippedLocales().en, en: { 'login.title': 'Log in' } }, warnings: [] } })
})

t.test('an operator reads at the start which sentences are missing, misspelled or without their values', async (t) => {
  const sentences: Record<string, string> = { ...shippedLocales().en, 'login.titel': 'Connexion', 'login.for': 'pour continuer' }
  delete sentences['login.title']
  const folder = t.testdir({ 'fr.json': JSON.stringify(sentences), 'de.json': '{}', 'ko.json': '{"layout.host": "{adresse}"}' })
  const loaded = loadConfig({ LOCALES_DIR: folder })
  t.match(loaded.ok && loaded.value.warnings, [
    /^LOCALES_DIR: de\.json lacks sentences, which pages show in English: (?:[\w.-]+, ){9}[\w.-]+ and \d+ more\.$/,
    'LOCALES_DIR: fr.json lacks sentences, which pages show in English: login.title.',
    'LOCALES_DIR: fr.json has other names in braces than the English sentences, which pages show instead: login.for.',
    'LOCALES_DIR: fr.json has sentences that no page uses: login.titel.',
    'LOCALES_DIR: ko.json has other names in braces than the English sentences, which pages show instead: layout.host.',
  ])
  t.equal(loaded.ok && loaded.value.warnings.length, 5)
})

t.test('a folder that can not be read as languages is refused', async (t) => {
  const folder = t.testdir({
    empty: {},
    name: { 'english!.json': '{}' },
    twice: { 'pt-BR.json': '{}', 'pt-br.json': '{}' },
    broken: { 'fr.json': '{' },
    list: { 'fr.json': '["x"]' },
    numbers: { 'fr.json': '{"login.title": 1}' },
    nothing: { 'fr.json': 'null' },
  })
  const table: [string, RegExp][] = [
    ['none', /must name a folder that can be read \(ENOENT\)/],
    ['empty', /must name a folder with files such as `fr\.json`/],
    ['name', /must hold files that are named for a language, such as `pt-BR\.json`, not english!\.json/],
    ['twice', /must hold one file for pt-BR/],
    ...['broken', 'list', 'numbers', 'nothing'].map((name): [string, RegExp] => [
      name,
      /must hold files of the form .*, and fr\.json is none/,
    ]),
  ]
  for (const [name, problem] of table) {
    const loaded = loadConfig({ LOCALES_DIR: join(folder, name) })
    t.match(loaded.ok ? [] : loaded.error, [problem], name)
  }
})
