import t from 'tap'
import { admit } from '#src/domain/admission/admission.ts'
import type { Admission, Applicant } from '#src/domain/admission/admission.ts'
import { parseAdmissionRule } from '#src/domain/admission/admission-rule.ts'
import type { AdmissionRule } from '#src/domain/admission/admission-rule.ts'
import type { IdentityClaims } from '#src/domain/provider/identity.ts'
import type { ProviderKind } from '#src/domain/provider/provider.ts'

const TENANT = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const OTHER_TENANT = '00000000-86f1-41af-91ab-2d7cd011db47'

function rulesOf(...texts: string[]): AdmissionRule[] {
  return texts.map((text) => {
    const rule = parseAdmissionRule(text)
    if (!rule.ok) throw new Error(rule.error)
    return rule.value
  })
}

const somebody = (kind: ProviderKind, changes: Partial<IdentityClaims> = {}, name: string = kind): Applicant => ({
  provider: { name, kind },
  claims: {
    issuer: 'https://a',
    subject: 'eve',
    email: 'eve@acme.com',
    emailVerified: true,
    organizations: [],
    teams: [],
    named: {},
    ...changes,
  },
})

const outcome = (admission: Admission): string => (admission.admitted ? admission.by : admission.reason)

t.test('whom which rule lets in', async (t) => {
  const table: [string, Applicant, string, string][] = [
    ['their own address', somebody('oidc'), 'eve@acme.com', 'eve@acme.com'],
    ['their address in capitals', somebody('oidc', { email: 'EVE@ACME.com' }), 'eve@acme.com', 'eve@acme.com'],
    ['a colleague', somebody('oidc'), 'you@acme.com', 'no-match'],
    ['a colleague of the domain', somebody('google'), '@acme.com', '@acme.com'],
    ['an address that is not verified', somebody('oidc', { emailVerified: false }), '@acme.com', 'unverified'],
    ['an address of one person that is not verified', somebody('oidc', { emailVerified: false }), 'eve@acme.com', 'unverified'],
    ['nobody with an address', somebody('github', { email: undefined }), '@acme.com', 'no-match'],
    ['a domain that ends alike', somebody('oidc', { email: 'eve@evil-acme.com' }), '@acme.com', 'no-match'],
    ['a domain below', somebody('oidc', { email: 'eve@students.acme.com' }), '@acme.com', 'no-match'],
    ['a domain above', somebody('oidc'), '@mail.acme.com', 'no-match'],
    ['a domain that begins alike', somebody('oidc', { email: 'eve@acme.com.evil.example' }), '@acme.com', 'no-match'],
    ['two addresses in one', somebody('oidc', { email: 'eve@evil.example@acme.com' }), '@acme.com', 'no-match'],
    ['a quoted address', somebody('oidc', { email: '"eve@acme.com"@evil.example' }), '@acme.com', 'no-match'],
    [
      'a domain in another script',
      somebody('oidc', { email: 'eve@b\u00fccher.example' }),
      '@xn--bcher-kva.example',
      '@xn--bcher-kva.example',
    ],
    ['a domain that looks alike', somebody('oidc', { email: 'eve@\u0430cme.com' }), '@acme.com', 'no-match'],
    ['a workspace', somebody('google', { hostedDomain: 'Acme.com' }), 'google:hd=acme.com', 'google:hd=acme.com'],
    ['a private account with an address of the company', somebody('google'), 'google:hd=acme.com', 'no-match'],
    ['another workspace', somebody('google', { hostedDomain: 'evil.example' }), 'google:hd=acme.com', 'no-match'],
    ['a second provider of the kind', somebody('google', { hostedDomain: 'acme.com' }, 'work'), 'work:hd=acme.com', 'work:hd=acme.com'],
    ['another provider of the kind', somebody('google', { hostedDomain: 'acme.com' }, 'other'), 'google:hd=acme.com', 'no-match'],
    ['a provider that only has the name', somebody('oidc', { hostedDomain: 'acme.com' }, 'google'), 'google:hd=acme.com', 'no-match'],
    ['an organisation', somebody('github', { organizations: ['Other', 'Acme'] }), 'github:org=acme', 'github:org=acme'],
    ['another organisation', somebody('github', { organizations: ['acme-fans'] }), 'github:org=acme', 'no-match'],
    ['a team', somebody('github', { teams: ['Acme/Ops'] }), 'github:team=acme/ops', 'github:team=acme/ops'],
    ['the team of another organisation', somebody('github', { teams: ['evil/ops'] }), 'github:team=acme/ops', 'no-match'],
    ['the organisation without the team', somebody('github', { organizations: ['acme'] }), 'github:team=acme/ops', 'no-match'],
    ['claims of an organisation elsewhere', somebody('oidc', { organizations: ['acme'] }, 'github'), 'github:org=acme', 'no-match'],
    ['a tenant', somebody('microsoft', { tenant: TENANT.toUpperCase() }), `microsoft:tenant=${TENANT}`, `microsoft:tenant=${TENANT}`],
    ['another tenant', somebody('microsoft', { tenant: OTHER_TENANT }), `microsoft:tenant=${TENANT}`, 'no-match'],
    ['a guest by acct', somebody('microsoft', { tenant: TENANT, named: { acct: 1 } }), `microsoft:tenant=${TENANT}`, 'guest'],
    ['a guest by acct as text', somebody('microsoft', { tenant: TENANT, named: { acct: '1' } }), `microsoft:tenant=${TENANT}`, 'guest'],
    ['a guest by the home', somebody('microsoft', { tenant: TENANT, named: { idp: 'https://b' } }), `microsoft:tenant=${TENANT}`, 'guest'],
    [
      'a member whose home is named',
      somebody('microsoft', { tenant: TENANT, named: { idp: 'https://a', acct: 0 } }),
      `microsoft:tenant=${TENANT}`,
      `microsoft:tenant=${TENANT}`,
    ],
    [
      'a guest by the name',
      somebody('microsoft', { tenant: TENANT, username: 'eve_evil.example#EXT#@acme.onmicrosoft.com' }),
      `microsoft:tenant=${TENANT}`,
      'guest',
    ],
    [
      'a group',
      somebody('oidc', { named: { groups: ['users', 'admins'] } }, 'okta'),
      'okta:claim=/groups=admins',
      'okta:claim=/groups=admins',
    ],
    ['no such group', somebody('oidc', { named: { groups: ['users'] } }, 'okta'), 'okta:claim=/groups=admins', 'no-match'],
    [
      'the group at another provider',
      somebody('oidc', { named: { groups: ['admins'] } }, 'other'),
      'okta:claim=/groups=admins',
      'no-match',
    ],
    [
      'too many groups',
      somebody('microsoft', { named: { _claim_names: { groups: 'src1' } } }),
      'microsoft:claim=/groups=admins',
      'overage',
    ],
  ]
  for (const [title, applicant, rule, expected] of table) t.equal(outcome(admit(applicant, rulesOf(rule))), expected, title)
})

t.test('one rule is enough, and the first one that holds is named', async (t) => {
  const rules = rulesOf('you@acme.com', 'google:hd=acme.com', '@acme.com')
  t.same(admit(somebody('google', { hostedDomain: 'acme.com' }), rules), { admitted: true, by: 'google:hd=acme.com' })
  t.same(admit(somebody('oidc'), rules), { admitted: true, by: '@acme.com' })
})

t.test('without a rule nobody new comes in, and people who are known need none', async (t) => {
  t.same(admit(somebody('google'), []), { admitted: false, reason: 'no-rules', missing: [] })
  t.same(admit(somebody('google'), [], true), { admitted: true, by: 'known' })
  t.same(admit(somebody('google', { email: 'eve@evil.example' }), rulesOf('@acme.com'), true), { admitted: true, by: 'known' })
})

t.test('a refusal names the rules that people of the provider could meet, and the nearest reason', async (t) => {
  const rules = rulesOf('@acme.com', 'github:org=acme', 'google:hd=acme.com', `google:tenant=${TENANT}`)
  t.same(admit(somebody('google', { email: 'eve@evil.example' }), rules), {
    admitted: false,
    reason: 'no-match',
    missing: ['@acme.com', 'google:hd=acme.com'],
  })
  t.match(admit(somebody('google', { emailVerified: false }), rules), { admitted: false, reason: 'unverified' })
})
