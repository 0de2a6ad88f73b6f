/** Languages that an operator adds: a file is all that one needs, also for one that is written from right to left. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { shippedLocales } from '#src/config/settings/locales.ts'
import { createLanguages } from '#src/plugins/pages/page-language.ts'
import { buildPageApp } from '#test/templates/page-app.ts'
import { MIRRORED, mirroredLocale } from '#test/support/mirrored-language.ts'

const folder = t.testdir({ 'en.json': '{"login.title": "Log in", "login.titel": "x", "login.for": "to go on"}' })
writeFileSync(join(folder, `${MIRRORED}.json`), JSON.stringify(mirroredLocale()))
const app = await buildPageApp('https://example.com', { LOCALES_DIR: folder })
t.teardown(() => app.close())
const open = (accept: string, query = '') => app.inject({ url: `/page/login${query}`, headers: { 'accept-language': accept } })

t.test('a reader of a language that the operator added gets it, in its direction', async (t) => {
  for (const response of [await open(`${MIRRORED}, en;q=0.5`), await open('en', `?uiLocales=${MIRRORED}-x-one`)]) {
    t.equal(response.headers['content-language'], MIRRORED)
    t.match(response.body, `<html lang="${MIRRORED}" dir="rtl">`)
    t.match(response.body, mirroredLocale()['login.title'])
  }
  t.match((await open('ko')).body, '<html lang="ko">')
})

t.test('a sentence that the operator changed replaces the one that ships, if it fits', async (t) => {
  const { body } = await open('en')
  t.match(body, '<h1 id="heading">Log in</h1>')
  t.match(body, 'to continue to <bdi', 'the values of this one are missing in theirs')
})

t.test('a reader whose language is not there gets English, and never another script', async (t) => {
  const own = join(folder, 'chinese')
  mkdirSync(own)
  writeFileSync(join(own, 'zh-Hans.json'), JSON.stringify(shippedLocales().en))
  const chinese = await buildPageApp('https://example.com', { LOCALES_DIR: own })
  t.teardown(() => chinese.close())
  const cases = {
    'zh-TW,zh;q=0.9,en-US;q=0.8': 'en',
    'zh-Hant': 'en',
    'zh-CN,zh;q=0.9': 'zh-Hans',
    'fr;q=1, zh-CN;q=0.1': 'zh-Hans',
    'zh-CN;q=0': 'en',
  }
  for (const [accept, language] of Object.entries(cases)) {
    const { headers } = await chinese.inject({ url: '/page/login', headers: { 'accept-language': accept } })
    t.equal(headers['content-language'], language, accept)
  }
})

t.test('clients learn which languages there are', async (t) => {
  const { ui_locales_supported } = (await app.inject('/.well-known/openid-configuration')).json<{ ui_locales_supported: string[] }>()
  t.strictSame(ui_locales_supported, ['en', 'ko', MIRRORED])
})

t.test('a sentence that a language lacks is English', async (t) => {
  const { translate } = createLanguages({ fr: { 'login.title': 'Connexion' } })
  t.equal(translate('fr', 'login.title'), 'Connexion')
  t.equal(translate('fr', 'login.password'), 'Password')
})
