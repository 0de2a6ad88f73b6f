import t from 'tap'
import { parseAdmissionRule, storedRules } from '#src/domain/admission/admission-rule.ts'
import { claimAt, claimHas, isClaimPath } from '#src/domain/admission/claim-path.ts'

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47'

t.test('an operator names people, domains and what a provider says, in any spelling', async (t) => {
  for (const [raw, rule] of [
    ['You@Example.com', { text: 'you@example.com', kind: 'email', value: 'you@example.com' }],
    [' @Acme.com ', { text: '@acme.com', kind: 'domain', value: 'acme.com' }],
    ['@bücher.example', { text: '@xn--bcher-kva.example', kind: 'domain', value: 'xn--bcher-kva.example' }],
    ['Google:hd=ACME.com', { text: 'google:hd=acme.com', kind: 'hd', provider: 'google', value: 'acme.com' }],
    ['github:org=Acme-Corp', { text: 'github:org=acme-corp', kind: 'org', provider: 'github', value: 'acme-corp' }],
    ['github:team=Acme/Ops', { text: 'github:team=acme/ops', kind: 'team', provider: 'github', value: 'acme/ops' }],
    [
      `microsoft:tenant=${TENANT.toUpperCase()}`,
      { text: `microsoft:tenant=${TENANT}`, kind: 'tenant', provider: 'microsoft', value: TENANT },
    ],
    ['okta:claim=/groups=Admins', { text: 'okta:claim=/groups=Admins', kind: 'claim', provider: 'okta', path: '/groups', value: 'Admins' }],
    [
      'work-2:claim=/https:~1~1acme.example~1roles=CN=Ops,DC=acme',
      { kind: 'claim', provider: 'work-2', path: '/https:~1~1acme.example~1roles', value: 'CN=Ops,DC=acme' },
    ],
  ] as const)
    t.match(parseAdmissionRule(raw), { ok: true, value: rule }, raw)
})

t.test('a rule is its own form', async (t) => {
  for (const raw of ['You@Acme.com', '@ACME.com', 'google:hd=Acme.com', 'github:team=A/B', 'okta:claim=/a~1b=c=d']) {
    const rule = parseAdmissionRule(raw)
    t.same(rule.ok && parseAdmissionRule(rule.value.text), rule)
  }
})

t.test('an operator reads what is wrong with a rule', async (t) => {
  for (const [raw, reason] of [
    ['', /be an address such as/],
    ['acme.com', /be an address such as/],
    ['everybody', /be an address such as/],
    ['*', /there are no wildcards/],
    ['*@acme.com', /there are no wildcards/],
    ['@*.acme.com', /there are no wildcards, and a domain does not include those below it/],
    ['@', /name a domain/],
    ['@acme.com/x', /name a domain, such as acme\.com, without anything before or after it/],
    ['@127.0.0.1', /name a domain/],
    ['a@b@c', /be an address/],
    ['google:hd=', /name a domain/],
    ['google:hd=*.acme.com', /no wildcards/],
    ['google:hd=@acme.com', /name a domain/],
    ['github:org=acme/ops', /name an organisation/],
    ['github:org=', /name an organisation/],
    ['github:team=acme', /organisation and team/],
    ['github:team=acme/ops/more', /organisation and team/],
    ['microsoft:tenant=acme.com', /the tenant by its id/],
    ['microsoft:tenant=common', /the tenant by its id/],
    ['okta:claim=groups=admins', /a claim by its path/],
    ['okta:claim=/groups', /a claim by its path/],
    ['okta:claim=/groups=', /a claim by its path/],
    ['okta:claim=/=admins', /a claim by its path/],
    ['okta:claim=/a~2=b', /a claim by its path/],
    ['okta:claim=/a=b\u0000', /a claim by its path/],
    ['okta:role=admin', /be an address such as/],
    [`@${'a'.repeat(600)}`, /have at most 512 characters/],
  ] as const) {
    const rule = parseAdmissionRule(raw)
    t.match(rule.ok ? 'it was taken' : rule.error, reason, raw)
  }
})

t.test('a path leads to a claim of its own, never to what objects inherit', async (t) => {
  const claims = { groups: ['a', 'b'], realm: { 'a/b': { '~': 'deep' } }, empty: null, list: [{ name: 'x' }] }
  t.same(claimAt(claims, '/groups'), ['a', 'b'])
  t.equal(claimAt(claims, '/groups/1'), 'b')
  t.equal(claimAt(claims, '/realm/a~1b/~0'), 'deep')
  t.equal(claimAt(claims, '/list/0/name'), 'x')
  for (const path of ['/constructor', '/groups/length/x', '/__proto__', '/empty/x', '/realm/none', '/groups/map'])
    t.equal(claimAt(claims, path), undefined, path)
  for (const path of ['', 'groups', '/', '/a//b', '/a~', '/a~3', `/${'a'.repeat(300)}`]) t.equal(isClaimPath(path), false, path)
})

t.test('a claim has a value, alone or in a list, as it is written', async (t) => {
  for (const [claim, value] of [
    ['admins', 'admins'],
    [['users', 'admins'], 'admins'],
    [true, 'true'],
    [7, '7'],
    [[7], '7'],
  ] as const)
    t.ok(claimHas(claim, value))
  for (const [claim, value] of [
    ['Admins', 'admins'],
    ['admins,users', 'admins'],
    [{ admins: true }, 'admins'],
    [undefined, 'undefined'],
    [null, 'null'],
    [[['admins']], 'admins'],
    [[], ''],
  ] as const)
    t.notOk(claimHas(claim, value))
})

t.test('a rule that is none any more, because it was kept by another version, admits nobody', async (t) => {
  t.strictSame(
    storedRules(['*', '@acme.com']).map(({ text }) => text),
    ['@acme.com'],
  )
})
