import t from 'tap'
import { listSettings } from '#src/operations/settings.ts'
import type { SettingsSource } from '#src/operations/settings.ts'
import { valueOf } from './scene.ts'

const found = (sources: readonly SettingsSource[], name: string) => {
  const { value, isSet, from } = valueOf(listSettings(sources)).find((each) => each.name === name)!
  return { value, isSet, from }
}
const source = (name: string, variables: Record<string, string>, secrets?: string[]) => ({ name, variables, ...(secrets && { secrets }) })

t.test('an operator sees where each value comes from, and the first source counts', async (t) => {
  const sources = [source('a', { PORT: '1', LOG_LEVEL: ' ' }), source('b', { PORT: '2', LOG_LEVEL: 'debug', HOST: '::' })]
  t.strictSame(found(sources, 'PORT'), { value: '1', isSet: true, from: 'a' })
  t.strictSame(found(sources, 'HOST'), { value: '::', isSet: true, from: 'b' })
  t.strictSame(found(sources, 'LOG_LEVEL'), { value: 'info', isSet: false, from: 'default' }, 'empty is not set')
  t.strictSame(found(sources, 'ISSUER'), { value: 'http://localhost:1', isSet: false, from: 'default' })
  t.strictSame(found(sources, 'ADMIN_EMAIL'), { value: undefined, isSet: false, from: 'default' })
  t.strictSame(found([], 'PORT'), { value: '8000', isSet: false, from: 'default' })
})

t.test('an operator sees of secrets only whether they are set, also when nobody knows to what', async (t) => {
  const secret = 'x'.repeat(40)
  const sources = [source('a', { SECRET: secret, ADMIN_PASSWORD: ' ' }), source('b', { ISSUER: 'x' }, ['SECRET_PREVIOUS'])]
  t.strictSame(found(sources, 'SECRET'), { value: undefined, isSet: true, from: 'a' })
  t.strictSame(found(sources, 'SECRET_PREVIOUS'), { value: undefined, isSet: true, from: 'b' })
  t.strictSame(found([], 'ADMIN_PASSWORD'), { value: undefined, isSet: false, from: 'default' })
  t.notMatch(JSON.stringify(listSettings(sources)), secret)
})

t.test('an operator sees a database without its password, and an address without what may be one', async (t) => {
  const shown = (DATABASE_URL: string) => found([source('a', { DATABASE_URL })], 'DATABASE_URL').value
  t.equal(shown('postgres://solar:geheim@db.example:5433/solar?sslmode=require'), 'postgres://db.example:5433/solar')
  t.equal(shown('postgresql://geheim@db.example/solar'), 'postgres://db.example/solar')
  t.equal(shown('sqlite:/srv/solar.db'), 'sqlite:/srv/solar.db')
  for (const wrong of ['postgres://solar:ge heim@db example/x', 'mysql://solar:geheim@db/x', 'geheim']) t.equal(shown(wrong), undefined)
  const smtp = (SMTP_URL: string) => found([source('a', { SMTP_URL })], 'SMTP_URL').value
  t.equal(smtp('smtp://solar:geheim@smtp.example.com:25?tls=optional'), 'smtp://smtp.example.com:25')
  t.equal(smtp('smtps://solar:geheim@smtp.example.com'), 'smtps://smtp.example.com')
  for (const wrong of ['http://solar:geheim@x', 'geheim', 'smtp://geheim@x']) t.equal(smtp(wrong), undefined)
  t.equal(found([source('a', { ISSUER: 'https://me:geheim@auth.example' })], 'ISSUER').value, '***@auth.example')
})
