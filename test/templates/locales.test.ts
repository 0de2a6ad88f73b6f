import { PRESETS } from '#src/domain/authorization/consent-choice.ts'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { BUILT_IN_SCOPES } from '#src/domain/protocol/scope.ts'
import { ENDPOINT_GROUPS } from '#src/plugins/kernel/endpoint.ts'
import { errorKinds } from '#src/plugins/pages/page-helpers.ts'
import { ERROR_ADVICES, ERROR_CAUSES } from '#src/domain/language/error-causes.ts'
import { PROVIDER_PROBLEMS } from '#src/domain/provider/provider-problem.ts'
import { createLanguages } from '#src/plugins/pages/page-language.ts'
import { LINK_KINDS } from '#src/domain/link/link.ts'
import { MAIL_SENTENCES } from '#src/mail/mails.ts'
import { PASSWORD_PROBLEMS } from '#src/domain/user/new-password.ts'
import { USER_MEMBERS } from '#src/domain/user/user-members.ts'
import { ACCOUNT_EVENTS } from '#src/domain/audit/account-events.ts'
import { ACCOUNT_NOTICES, FACTOR_NOTICES } from '#src/plugins/pages/account-models.ts'
import { LINK_DONE } from '#src/plugins/pages/link-models.ts'
import { pageNames } from '#src/plugins/pages/page-models.ts'
import { IDENTITIES } from '#src/domain/gate/gate.ts'
import { SCOPE_KINDS } from '#src/domain/resource/resource.ts'
import { GROUPS } from '#src/plugins/console/sections.ts'
import { CONSOLE_NOTICES } from '#src/plugins/console/show.ts'
import { ROLES } from '#src/domain/user/role.ts'
import { buildPageApp } from './page-app.ts'

/** What an operator does to one account (plugins/console/people/person-actions.ts). */
const CHANGES = [
  ...['disable', 'enable', 'unlock', 'end-sessions', 'reset-factors', 'delete', 'role', 'reset-link', 'unlink', 'end-session'],
  'disconnect',
]
/** Beginnings of keys. */
const CONSOLE_PREFIXES = ['console.effect', 'console.who']
/** Names of audit events. */
const CONSOLE_EVENTS = ['console.opened', 'console.refused']

const folder = new URL('../../src/templates/', import.meta.url)
const read = (file: string) => JSON.parse(readFileSync(new URL(`locales/${file}`, folder), 'utf8')) as Record<string, string>
/** Every language that ships: a file is all that one needs. */
const locales = Object.fromEntries(readdirSync(new URL('locales/', folder)).map((file) => [file.replace('.json', ''), read(file)]))
const { en = {}, ko = {} } = locales
const { translate } = createLanguages()

/** Keys that templates put together from data, by the lists that the data come from. */
const app = await buildPageApp()
t.teardown(() => app.close())
const { endpoints } = (await app.inject({ url: '/', headers: { accept: 'application/json' } })).json<{ endpoints: object }>()
const composed = [
  ...pageNames.filter((name) => name !== 'error' && name !== 'link-done').map((name) => `${name}.title`),
  ...errorKinds.map((kind) => `error.heading.${kind}`),
  ...ERROR_CAUSES.map((cause) => `error.cause.${cause}`),
  ...ERROR_ADVICES.map((advice) => `error.advice.${advice}`),
  ...BUILT_IN_SCOPES.map((scope) => `scope.${scope}`),
  ...['loopback', 'custom', 'device'].flatMap((kind) => [`consent.return.${kind}`, `consent.return.${kind}.title`]),
  ...['loopback', 'custom'].map((kind) => `consent.return.${kind}.known`),
  ...FACTOR_NOTICES.map((notice) => `my-factors.notice.${notice}`),
  ...['settings', 'provider'].map((reason) => `my-password.fixed.${reason}`),
  ...ACCOUNT_NOTICES.map((notice) => `my-account.notice.${notice}`),
  ...[...ACCOUNT_EVENTS].map((name) => `my-account.event.${name}`),
  ...PASSWORD_PROBLEMS.map((problem) => `password.problem.${problem}`),
  ...['name', 'scopes', 'expiry', 'refused', 'many'].map((problem) => `my-tokens.problem.${problem}`),
  ...['my-account.app.end', 'my-account.app.forget'],
  ...USER_MEMBERS.map((name) => `my-profile.field.${name}`),
  ...['locale', 'zoneinfo', 'birthdate', 'phone'].map((name) => `my-profile.hint.${name}`),
  ...['profile', 'email', 'phone', 'address'].map((scope) => `my-profile.group.${scope}`),
  ...PRESETS.map((preset) => `consent.choice.${preset}`),
  'layout.problem',
  ...GROUPS.flatMap(({ id, sections }) => [`console.group.${id}`, ...sections.map((section) => `console.${section.id}`)]),
  ...CONSOLE_NOTICES.map((notice) => `console.notice.${notice}`),
  ...[...ROLES, 'none'].map((role) => `console.role.${role}`),
  ...CHANGES.flatMap((name) => [`console.do.${name}`, `console.person.${name}.note`]),
  ...CHANGES.filter((name) => !['end-session', 'disconnect', 'unlink'].includes(name)).map((name) => `console.person.${name}`),
  ...CHANGES.filter((name) => !['enable', 'unlock', 'reset-link'].includes(name)).map((name) => `console.ask.${name}`),
  ...['approve', 'refuse', 'disable', 'enable', 'delete'].flatMap((name) => [
    `console.do.${name}`,
    `console.client.${name}`,
    `console.client.${name}.note`,
  ]),
  ...['refuse', 'disable', 'delete'].map((name) => `console.ask.${name}-client`),
  ...['registration', 'operator', 'document'].map((origin) => `console.client.origin.${origin}`),
  ...['waiting', 'approved', 'refused'].map((approval) => `console.state.${approval}`),
  ...['uses', 'until', 'hosts'].map((column) => `console.column.${column}`),
  ...['id', 'app', 'answers', 'origin', 'created', 'used', 'state', 'tool', 'required'].map((column) => `console.column.${column}`),
  ...SCOPE_KINDS.flatMap((kind) => [`console.kind.${kind}`, `console.kind.${kind}.by-tools`]),
  ...['name', 'host', 'id'].map((by) => `console.clients.by.${by}`),
  ...['made', 'used', 'id'].map((order) => `console.clients.order.${order}`),
  ...['by', 'order'].map((name) => `console.clients.${name}`),
  ...IDENTITIES.map((identity) => `console.resource.identity.${identity}`),
  ...['address', 'command', 'start'].map((way) => `console.resource.upstream.${way}`),
  ...['rotate-secret', 'delete'].map((name) => `console.resource.${name}`),
  ...['rotate-secret', 'delete', 'remove-scope'].flatMap((name) => [`console.resource.${name}.note`, `console.do.${name}`]),
  ...['environment', 'operator', 'provider'].map((origin) => `console.origin.${origin}`),
  ...['ADMIT', 'command'].map((from) => `console.from.${from}`),
  ...['next', 'current', 'retired', 'over', 'revoked'].map((state) => `console.key.${state}`),
  ...LINK_KINDS.map((kind) => `console.link.kind.${kind}`),
  ...['allow', 'deny'].map((effect) => `console.effect.${effect}`),
  ...['group', 'user', 'everybody'].map((who) => `console.who.${who}`),
  ...['open', 'closed'].map((fallback) => `console.rules.default.${fallback}`),
  ...['no-rules', 'unverified', 'guest', 'overage', 'no-match'].map((reason) => `console.admission.reason.${reason}`),
  ...['rule', 'resource', 'effect', 'who', 'scopes', 'clients', 'acr', 'key', 'algorithm', 'state', 'created', 'signs'].map(
    (name) => `console.column.${name}`,
  ),
  ...['at', 'event', 'actor', 'client', 'network', 'details'].map((name) => `console.column.${name}`),
  ...['restart', 'database', 'node', 'age'].map((kind) => `console.needs.version.${kind}`),
  ...PROVIDER_PROBLEMS.map((problem) => `login.problem.${problem}`),
  'device-done.denied',
  ...LINK_KINDS.flatMap((kind) => MAIL_SENTENCES.map((name) => `mail.${kind}.${name}`)),
  'mail.until',
  'mail.footer',
  ...LINK_DONE.flatMap((done) => [`link-done.${done}`, `link-done.${done}.text`]),
  ...LINK_KINDS.map((kind) => `link-gone.advice.${kind}`),
  ...[...PASSWORD_PROBLEMS, 'name', 'taken', 'email'].map((problem) => `password.problem.${problem}`),
  ...ENDPOINT_GROUPS.map((id) => `home.group.${id}`),
  ...Object.keys(endpoints).map((id) => `endpoint.${id}`),
]

const templates = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.hbs'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
const written = templates.flatMap((source) => [...source.matchAll(/(?:\{\{|\()(?:t|rich) '([^']+)'/g)].map(([, key]) => key!))
/** Pages of the console are put together in its plugins. */
const consoleFolder = new URL('../../src/plugins/console/', import.meta.url)
const ofConsole = readdirSync(consoleFolder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => [...readFileSync(new URL(name, consoleFolder), 'utf8').matchAll(/'(console\.[\w.-]+)'/g)].map(([, key]) => key!))
  .filter((key) => ![...CONSOLE_PREFIXES, ...CONSOLE_EVENTS].includes(key))
const used = new Set([...written, ...composed, ...ofConsole])

t.test('every sentence that a page asks for exists in each language, and every one that exists is used', async (t) => {
  t.match(Object.keys(locales), ['en', 'ko'])
  for (const [language, sentences] of Object.entries(locales)) t.strictSame(Object.keys(sentences).sort(), [...used].sort(), language)
})

t.test('a sentence whose value is missing has a gap', (t) => {
  const [key] = Object.entries(en).find(([, text]) => text.includes('{'))!
  t.notMatch(translate('en', key), /[{}]|undefined/)
  t.end()
})

t.test('a sentence names the same values in each language, and templates give them', async (t) => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort()
  for (const [key, text] of Object.entries(en)) {
    for (const [language, sentences] of Object.entries(locales)) t.strictSame(names(sentences[key]!), names(text), `${language}: ${key}`)
    const calls = templates.flatMap((source) =>
      [...source.matchAll(new RegExp(`\\{\\{(?:t|rich) '${key.replaceAll('.', '\\.')}'([^}]*)\\}\\}`, 'g'))].map(([, rest]) => rest!),
    )
    for (const call of calls) t.strictSame([...call.matchAll(/(\w+)=/g)].map(([, name]) => name!).sort(), names(text), key)
  }
})

t.test('sentences hold no markup and are translated', async (t) => {
  for (const [key, text] of Object.values(locales).flatMap((sentences) => Object.entries(sentences))) t.notMatch(text, /[<>&]/, key)
  const same = Object.keys(en).filter((key) => en[key] === ko[key])
  t.strictSame(same, ['home.chatgpt.title', 'home.claude.title'], 'only names are the same')
})

t.test('a missing sentence shows its key, and a value that holds braces is not filled again', async (t) => {
  t.equal(translate('ko', 'no.such.key'), 'no.such.key')
  t.equal(translate('en', 'constructor'), 'constructor')
  t.equal(
    translate('en', 'login.problem.limited', { minutes: '{minutes}' }),
    'Too many tries for now. Wait about {minutes} minutes, then try again.',
  )
})
