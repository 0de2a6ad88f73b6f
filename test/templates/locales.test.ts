import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { BUILT_IN_SCOPES } from '#src/domain/protocol/scope.ts'
import { ENDPOINT_GROUPS } from '#src/plugins/kernel/endpoint.ts'
import { errorKinds } from '#src/plugins/pages/page-helpers.ts'
import { translate } from '#src/plugins/pages/page-language.ts'
import { advices, pageNames } from '#src/plugins/pages/page-models.ts'
import { buildPageApp } from './page-app.ts'

const folder = new URL('../../src/templates/', import.meta.url)
const read = (language: string) => JSON.parse(readFileSync(new URL(`locales/${language}.json`, folder), 'utf8')) as Record<string, string>
const en = read('en')
const ko = read('ko')

/** Keys that templates put together from data, by the lists that the data come from. */
const app = await buildPageApp()
t.teardown(() => app.close())
const { endpoints } = (await app.inject({ url: '/', headers: { accept: 'application/json' } })).json<{ endpoints: object }>()
const composed = [
  ...pageNames.filter((name) => name !== 'error').map((name) => `${name}.title`),
  ...errorKinds.map((kind) => `error.heading.${kind}`),
  ...advices.map((advice) => `error.advice.${advice}`),
  ...BUILT_IN_SCOPES.map((scope) => `scope.${scope}`),
  ...['loopback', 'custom', 'device'].flatMap((kind) => [`consent.return.${kind}`, `consent.return.${kind}.title`]),
  ...ENDPOINT_GROUPS.map((id) => `home.group.${id}`),
  ...Object.keys(endpoints).map((id) => `endpoint.${id}`),
]

const templates = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hbs'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
const written = templates.flatMap((source) => [...source.matchAll(/(?:\{\{|\()(?:t|rich) '([^']+)'/g)].map(([, key]) => key!))
const used = new Set([...written, ...composed])

t.test('every sentence that a page asks for exists in both languages, and every one that exists is used', async (t) => {
  t.strictSame(Object.keys(en).sort(), [...used].sort())
  t.strictSame(Object.keys(ko).sort(), [...used].sort())
})

t.test('a sentence whose value is missing has a gap', (t) => {
  const [key] = Object.entries(en).find(([, text]) => text.includes('{'))!
  t.notMatch(translate('en', key), /[{}]|undefined/)
  t.end()
})

t.test('a sentence names the same values in both languages, and templates give them', async (t) => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort()
  for (const [key, text] of Object.entries(en)) {
    t.strictSame(names(ko[key]!), names(text), key)
    const calls = templates.flatMap((source) =>
      [...source.matchAll(new RegExp(`\\{\\{(?:t|rich) '${key.replaceAll('.', '\\.')}'([^}]*)\\}\\}`, 'g'))].map(([, rest]) => rest!),
    )
    for (const call of calls) t.strictSame([...call.matchAll(/(\w+)=/g)].map(([, name]) => name!).sort(), names(text), key)
  }
})

t.test('sentences hold no markup and are translated', async (t) => {
  for (const [key, text] of Object.entries({ ...en, ...ko })) t.notMatch(text, /[<>&]/, key)
  const same = Object.keys(en).filter((key) => en[key] === ko[key])
  t.strictSame(same, ['home.chatgpt.title', 'home.claude.title'], 'only names are the same')
})

t.test('a missing sentence shows its key, and a value that holds braces is not filled again', async (t) => {
  t.equal(translate('ko', 'no.such.key'), 'no.such.key')
  t.equal(translate('en', 'constructor'), 'constructor')
  t.equal(
    translate('en', 'login.problem.limited', { minutes: '{minutes}' }),
    'Too many tries for now. Wait about {minutes} min, then try again.',
  )
})
