/** Models for every page: as they are in life, and as an attacker or an odd name would have them. */
import type { BUILT_IN_SCOPES } from '#src/domain/protocol/scope.ts'
import type { Preset } from '#src/domain/authorization/consent-choice.ts'
import type { ScopeKind } from '#src/domain/resource/resource.ts'
import type { ConsentPage, ConsentResource, ConsentScope, LoginPage, PageModels, PageName } from '#src/plugins/pages/page-models.ts'
import { accountSamples } from './account-samples.ts'
import { consoleSamples } from './console-samples.ts'

export type Sample = { [Name in PageName]: { page: Name; model: PageModels[Name] } }[PageName]

const transaction = 'eyJhIjoxfQ.dGhpcyBpcyBub3QgYSByZWFsIG9uZQ'
const action = '/login'
/** As without providers. */
const passwords: Pick<LoginPage, 'providers' | 'password'> = { providers: [], password: 'on' }
const providers: LoginPage['providers'] = [
  { action: '/login/google', label: 'Google' },
  { action: '/login/acme', label: 'Acme ID' },
]
export const markup = `<script>alert(1)</script>"'\`=&{{name}}<b`
export const arabic = '\u0639\u0645\u064a\u0644 \u0627\u0644\u0627\u062e\u062a\u0628\u0627\u0631'
export const long = 'Long'.repeat(50)

function asked(...names: Array<(typeof BUILT_IN_SCOPES)[number]>): ConsentPage['scopes'] {
  return names.map((name) => ({ name, isNew: false }))
}

function server(scopes: string[], more: Partial<ConsentResource> = {}): ConsentResource {
  const each = scopes.map((text) => ({ text, isNew: false, tools: [] }))
  const known = { identifier: 'https://mcp.example.com/mcp', name: 'Observatory', registered: true, scoped: true, isNew: false, kept: [] }
  return { ...known, scopes: each, ...more }
}

const consent = {
  action: '/consent',
  transaction,
  username: 'mina.park',
  email: 'mina.park@example.com',
  clientName: 'ChatGPT',
  logoUri: 'https://chatgpt.com/logo.svg',
  clientUri: 'https://chatgpt.com/',
  policyUri: 'https://openai.com/policies/privacy-policy/',
  tosUri: 'https://openai.com/policies/terms-of-use/',
  proof: 'document' as const,
  clientHost: 'chatgpt.com',
  redirectHost: 'chatgpt.com',
  redirectKind: 'https' as const,
  caution: 'new' as const,
  again: false,
  presets: [],
  scopes: asked('openid', 'profile', 'email', 'address', 'phone', 'offline_access'),
  resources: [server(['Use the tools of the observatory', 'Move the telescope'])],
}

/** Something to choose, as a server of everyday work offers it. */
const CHOICES: ConsentScope[] = [
  { text: 'See the observatory and its instruments', isNew: false, kind: 'read', required: true, tools: toolsOf('read', 1) },
  {
    text: 'Read your observations and their notes',
    isNew: false,
    kind: 'read',
    box: { value: 'a', isTicked: true },
    tools: toolsOf('read', 3),
  },
  {
    text: 'Write notes and move the telescope',
    isNew: true,
    kind: 'write',
    box: { value: 'b', isTicked: true },
    tools: toolsOf('write', 2),
  },
  {
    text: 'Delete observations for good',
    isNew: false,
    kind: 'destroy',
    box: { value: 'c', isTicked: false },
    tools: toolsOf('destroy', 1),
  },
  { text: 'Whatever the operator had in mind', isNew: false, box: { value: 'd', isTicked: true }, tools: [] },
]

function toolsOf(kind: ScopeKind, count: number): ConsentScope['tools'] {
  return Array.from({ length: count }, (_, index) => ({ title: `Measurement ${index + 1}`, kind }))
}

const preset = (chosen: Preset): ConsentPage['presets'] =>
  (['all', 'read', 'choose'] as const).map((value) => ({ value, isChosen: value === chosen }))

/** One that registered itself, with nothing but a name. */
const { clientHost: _host, logoUri: _logo, policyUri: _policy, tosUri: _terms, ...plain } = consent
const stranger = { ...plain, proof: 'registration' as const }
const { caution: _caution, ...familiar } = stranger

const passkey = { action: '/login/passkey', options: '{"challenge":"Y2hhbGxlbmdl","rpId":"localhost"}' }
const second = { action: '/login/code', transaction, username: 'mina.park', cancellable: true }
const linkPasskey = { token: 'a token', setUp: 'a set-up', username: 'mina.park', passkey: { action: '/factor-link', options: '{}' } }
const setUp = { action: '/account/factors/codes', setUp: 'eyJhIjoxfQ.c2lnbmVk', username: 'mina.park', cancellable: true }
const uri = 'otpauth://totp/Acme:mina.park?secret=JBSWY3DPEHPK3PXP'
const codes = { secret: 'JBSW Y3DP EHPK 3PXP', uri }
const recovery = Array.from({ length: 10 }, (_, index) => `bcd${(index % 8) + 2}-fghj-kmnp-qrst`)

/** Realistic ones first; `odd-` ones hold what must not break a page. */
export const samplePages: Record<string, Sample> = {
  ...accountSamples({ markup, arabic, long }),
  ...consoleSamples({ markup, arabic, long }),
  'login-account': { page: 'login', model: { ...passwords, action, transaction, cancellable: false, account: 'first' } },
  'login-again': {
    page: 'login',
    model: { ...passwords, action, transaction, cancellable: false, account: 'again', username: 'mina.park' },
  },
  login: { page: 'login', model: { ...passwords, action, transaction, clientName: 'ChatGPT', cancellable: true } },
  'login-credentials': {
    page: 'login',
    model: { ...passwords, action, transaction, clientName: 'Claude', cancellable: true, username: 'mina.park', problem: 'credentials' },
  },
  'login-limited': {
    page: 'login',
    model: {
      ...passwords,
      action,
      transaction,
      clientName: 'Claude',
      cancellable: true,
      username: 'mina.park',
      problem: 'limited',
      retryAfterMinutes: 12,
    },
  },
  'login-providers': {
    page: 'login',
    model: { action, transaction, clientName: 'Claude', cancellable: true, providers, password: 'on' },
  },
  'login-provider-taken': {
    page: 'login',
    model: {
      action,
      transaction,
      clientName: 'Claude',
      cancellable: true,
      providers,
      password: 'admin',
      problem: 'taken',
      providerName: 'Acme ID',
    },
  },
  'login-provider-admission': {
    page: 'login',
    model: { action, transaction, cancellable: true, providers, password: 'off', problem: 'admission', providerName: 'Google' },
  },
  'login-nobody': { page: 'login', model: { action, transaction, cancellable: false, providers: [], password: 'off' } },
  'login-limited-minute': {
    page: 'login',
    model: { ...passwords, action, transaction, cancellable: false, username: 'mina.park', problem: 'limited', retryAfterMinutes: 1 },
  },
  'login-passkey': { page: 'login', model: { ...passwords, action, transaction, cancellable: true, passkey, problem: 'passkey' } },
  'second-factor': { page: 'second-factor', model: { ...second, typed: 'code', passkey } },
  'second-factor-wrong': { page: 'second-factor', model: { ...second, typed: 'code', problem: 'code' } },
  'second-factor-limited': { page: 'second-factor', model: { ...second, typed: 'recovery', problem: 'limited', retryAfterMinutes: 12 } },
  'second-factor-minute': { page: 'second-factor', model: { ...second, typed: 'recovery', problem: 'limited', retryAfterMinutes: 1 } },
  'second-factor-passkey': { page: 'second-factor', model: { ...second, cancellable: false, passkey, problem: 'passkey' } },
  'factor-set-up': { page: 'factor-set-up', model: { ...setUp, transaction, codes, passkey } },
  'factor-set-up-wrong': { page: 'factor-set-up', model: { ...setUp, codes, problem: 'code' } },
  'factor-set-up-passkey': { page: 'factor-set-up', model: { ...setUp, cancellable: false, passkey, problem: 'passkey' } },
  'factor-locked': { page: 'factor-locked', model: second },
  'factor-locked-mail': { page: 'factor-locked', model: { ...second, mail: 'offered' } },
  'factor-locked-sent': { page: 'factor-locked', model: { ...second, mail: 'sent' } },
  'recovery-codes': { page: 'recovery-codes', model: { codes: recovery, next: { link: '/account/factors' } } },
  'recovery-codes-login': { page: 'recovery-codes', model: { codes: recovery, next: { action, transaction } } },
  account: {
    page: 'account',
    model: { action: '/login', transaction, clientName: 'Claude', username: 'mina.park', email: 'mina.park@example.com' },
  },
  'account-failures': {
    page: 'account',
    model: {
      action: '/login',
      transaction,
      clientName: 'Claude',
      username: 'mina.park',
      signInFailures: { count: 3, since: 'Nov 29, 2026, 3:49 PM UTC' },
      factorsChanged: 'Nov 29, 2026, 3:50 PM UTC',
    },
  },
  consent: { page: 'consent', model: consent },
  'consent-nameless': { page: 'consent', model: { ...stranger, clientName: '' } },
  'consent-registered': { page: 'consent', model: { ...stranger, scopes: asked('openid', 'offline_access') } },
  'consent-operator': { page: 'consent', model: { ...stranger, proof: 'operator' } },
  'consent-all-tools': {
    page: 'consent',
    model: { ...consent, scopes: [], resources: [server([], { name: 'mcp.example.com', registered: false, scoped: false })] },
  },
  'consent-no-tools': { page: 'consent', model: { ...consent, resources: [server([])] } },
  'consent-choice': { page: 'consent', model: { ...consent, presets: preset('choose'), resources: [server([], { scopes: CHOICES })] } },
  'consent-choice-read': { page: 'consent', model: { ...consent, presets: preset('read'), resources: [server([], { scopes: CHOICES })] } },
  'consent-choice-all': { page: 'consent', model: { ...consent, presets: preset('all'), resources: [server([], { scopes: CHOICES })] } },
  'consent-step-up': {
    page: 'consent',
    model: {
      ...consent,
      again: true,
      presets: preset('choose').filter(({ value }) => value !== 'read'),
      resources: [
        server([], { scopes: CHOICES.slice(2, 4), kept: CHOICES.slice(0, 2).map(({ box: _box, ...scope }) => scope) }),
        server([], { name: 'Library', kept: CHOICES.slice(0, 1) }),
      ],
    },
  },
  'odd-consent-tools': {
    page: 'consent',
    model: {
      ...consent,
      presets: preset('choose'),
      resources: [server([], { scopes: CHOICES.map((scope) => ({ ...scope, tools: toolsOf('write', 60) })) })],
    },
  },
  'odd-consent-choice': {
    page: 'consent',
    model: {
      ...consent,
      presets: preset('choose'),
      resources: [
        server([], {
          scopes: [markup, arabic, long].map((text) => ({
            text,
            isNew: true,
            kind: 'write' as const,
            box: { value: text, isTicked: true },
            tools: [markup, arabic, long].map((title) => ({ title, kind: 'destroy' as const })),
          })),
        }),
      ],
    },
  },
  'consent-many': {
    page: 'consent',
    model: {
      ...consent,
      scopes: asked('openid', 'offline_access'),
      resources: [server(Array.from({ length: 30 }, (_, index) => `Read the measurements of telescope ${index + 1}`))],
    },
  },
  'consent-again': {
    page: 'consent',
    model: {
      ...consent,
      again: true,
      scopes: [...asked('openid'), { name: 'email', isNew: true }],
      resources: [
        server([], {
          scopes: [
            { text: 'Move the telescope', isNew: true, tools: [] },
            { text: 'Use the tools of the observatory', isNew: false, tools: [] },
          ],
        }),
        server([], { name: 'Library', identifier: 'https://library.example.com/mcp', scoped: false, isNew: true }),
      ],
    },
  },
  'consent-loopback': {
    page: 'consent',
    model: {
      ...stranger,
      clientName: 'Claude Code',
      clientUri: 'https://claude.com/',
      redirectHost: 'localhost:53682',
      redirectKind: 'loopback',
    },
  },
  'consent-loopback-known': {
    page: 'consent',
    model: { ...familiar, clientName: 'Claude Code', redirectHost: 'localhost:53682', redirectKind: 'loopback' },
  },
  'consent-loopback-port': {
    page: 'consent',
    model: { ...stranger, clientName: 'Claude Code', redirectHost: 'localhost:53682', redirectKind: 'loopback', caution: 'port' },
  },
  'consent-custom': {
    page: 'consent',
    model: {
      action: '/consent',
      transaction,
      username: 'mina',
      clientName: 'Cursor',
      proof: 'registration',
      redirectHost: 'cursor://',
      redirectKind: 'custom',
      caution: 'new',
      again: false,
      presets: [],
      scopes: asked('openid'),
      resources: [server([], { registered: false, scoped: false, name: 'mcp.example.com' })],
    },
  },
  'consent-custom-known': {
    page: 'consent',
    model: { ...familiar, clientName: 'Cursor', redirectHost: 'cursor://', redirectKind: 'custom' },
  },
  'consent-device': {
    page: 'consent',
    model: { ...stranger, action: '/device/decision', clientName: 'Observatory TV', redirectHost: 'WDJB-MJHT', redirectKind: 'device' },
  },
  device: { page: 'device', model: { action: '/device', transaction, username: 'mina.park', userCode: 'WDJB-MJHT' } },
  'device-unknown': {
    page: 'device',
    model: { action: '/device', transaction, username: 'mina.park', userCode: 'WDJB-MJHX', problem: 'unknown' },
  },
  'device-limited': {
    page: 'device',
    model: { action: '/device', transaction, username: 'mina.park', userCode: '', problem: 'limited', retryAfterMinutes: 12 },
  },
  'device-limited-minute': {
    page: 'device',
    model: { action: '/device', transaction, username: 'mina.park', userCode: '', problem: 'limited', retryAfterMinutes: 1 },
  },
  'device-done': { page: 'device-done', model: { allowed: true, clientName: 'Observatory TV' } },
  'device-denied': { page: 'device-done', model: { allowed: false, clientName: 'Observatory TV' } },
  error: {
    page: 'error',
    model: {
      status: 400,
      code: 'invalid_client',
      description: 'this client is not registered here: remove the connection in the app and add it again',
      reference: 'req-7f3k2m9q',
      cause: 'client',
      advice: 'reconnect',
    },
  },
  'error-return': {
    page: 'error',
    model: {
      status: 400,
      code: 'invalid_request',
      description: 'code_challenge is required (PKCE, RFC 7636)',
      reference: 'req-7f3k2m9q',
      cause: 'request',
      advice: 'return',
      wayBack: { host: 'app.example', location: 'https://app.example/callback?error=invalid_request&state=x%26y' },
    },
  },
  'error-rule': {
    page: 'error',
    model: {
      status: 400,
      code: 'access_denied',
      description: 'this account may not use what the app asks for',
      reference: 'req-7f3k2m9q',
      cause: 'rule',
      advice: 'ask',
      switchTo: { action: '/account', transaction },
      wayBack: { host: 'app.example', location: 'https://app.example/callback?error=access_denied&state=x%26y' },
    },
  },
  'error-weak': {
    page: 'error',
    model: {
      status: 400,
      code: 'unmet_authentication_requirements',
      description: 'this account can not log in as strongly as what the app asks for needs',
      reference: 'req-7f3k2m9q',
      cause: 'weak',
      advice: 'strengthen',
      factors: '/account/factors',
      wayBack: { host: 'app.example', location: 'https://app.example/callback?error=unmet_authentication_requirements&state=x%26y' },
    },
  },
  'error-return-post': {
    page: 'error',
    model: {
      status: 400,
      code: 'access_denied',
      description: 'the person did not want to log in',
      reference: 'req-7f3k2m9q',
      cause: 'denied',
      advice: 'return',
      wayBack: {
        host: 'app.example',
        action: 'https://app.example/callback',
        fields: [
          { name: 'error', value: 'access_denied' },
          { name: 'state', value: 'x&y' },
        ],
      },
    },
  },
  'error-waiting': {
    page: 'error',
    model: {
      status: 400,
      code: 'access_denied',
      description: 'the app client_01jdzt7c4yqk2m9h waits for approval by the operator of this server',
      reference: 'req-7f3k2m9q',
      cause: 'waiting',
      advice: 'approval',
      wayBack: { host: 'app.example', location: 'https://app.example/callback?error=access_denied' },
    },
  },
  'error-barred': {
    page: 'error',
    model: {
      status: 400,
      code: 'access_denied',
      description: 'this server admits only apps that its operator lists, and client_01jdzt7c4yqk2m9h does not prove to be one of them',
      reference: 'req-7f3k2m9q',
      cause: 'unlisted',
      advice: 'ask',
    },
  },
  'error-server': {
    page: 'error',
    model: {
      status: 500,
      code: 'server_error',
      description: 'The server could not finish the request.',
      reference: 'req-7f3k2m9q',
      cause: 'server',
      advice: 'contact',
    },
  },
  'error-redirect': {
    page: 'error',
    model: {
      status: 400,
      code: 'invalid_request',
      description: 'redirect_uri is not one that this client registered',
      reference: 'req-7f3k2m9q',
      cause: 'redirect',
      advice: 'developer',
      tryAgain: { uri: 'https://app.example/start?a=1&b=2', host: 'app.example' },
    },
  },
  'error-missing': {
    page: 'error',
    model: {
      status: 404,
      code: 'not_found',
      description: 'There is no page at this address.',
      reference: 'req-7f3k2m9q',
      cause: 'missing',
      advice: 'home',
      home: '/',
    },
  },
  'home-signed-in': {
    page: 'home',
    model: {
      issuer: 'http://localhost:8000',
      loopback: true,
      servers: [
        { name: 'Observatory', identifier: 'https://mcp.example.com/mcp' },
        { name: `${arabic} <b>`, identifier: `https://${'long'.repeat(12)}.example.com/mcp` },
      ],
      groups: [],
      urls: { device: '/device', logout: '/logout' },
    },
  },
  logout: { page: 'logout', model: { action: '/logout', fields: [{ name: 'token', value: transaction }], username: 'mina.park' } },
  'logout-client': {
    page: 'logout',
    model: {
      action: '/logout',
      fields: [{ name: 'token', value: transaction }],
      username: 'mina.park',
      clientName: 'Observatory',
      redirectHost: 'observatory.example',
    },
  },
  'logged-out': { page: 'logged-out', model: {} },
  'logged-out-client': {
    page: 'logged-out',
    model: { clientName: 'Observatory', redirectHost: 'observatory.example', location: 'https://observatory.example/goodbye?state=x' },
  },
  invitation: {
    page: 'invitation',
    model: {
      action: '/invitation',
      token: transaction,
      email: 'mina.park@example.com',
      asksForEmail: false,
      offersPasskey: true,
      password: true,
      asksForName: true,
      providers: [],
    },
  },
  'invitation-providers': {
    page: 'invitation',
    model: {
      action: '/invitation',
      token: transaction,
      asksForEmail: true,
      offersPasskey: true,
      password: true,
      asksForName: true,
      providers: [
        { name: 'Google', action: '/invitation/google' },
        { name: 'GitHub', action: '/invitation/github' },
      ],
    },
  },
  'invitation-provider-only': {
    page: 'invitation',
    model: {
      action: '/invitation',
      token: transaction,
      email: 'mina.park@example.com',
      asksForEmail: false,
      offersPasskey: false,
      password: false,
      asksForName: false,
      problem: 'taken',
      providerName: 'Google',
      providers: [{ name: 'Google', action: '/invitation/google' }],
    },
  },
  'invitation-taken': {
    page: 'invitation',
    model: {
      action: '/invitation',
      token: transaction,
      username: 'mina',
      problem: 'taken',
      asksForEmail: false,
      offersPasskey: true,
      password: true,
      asksForName: true,
      providers: [],
    },
  },
  'invitation-limited': {
    page: 'invitation',
    model: {
      action: '/invitation',
      token: transaction,
      username: 'mina',
      problem: 'limited',
      retryAfterMinutes: 12,
      asksForEmail: false,
      offersPasskey: true,
      password: true,
      asksForName: true,
      providers: [],
    },
  },
  'reset-password': { page: 'reset-password', model: { action: '/reset-password', token: transaction, username: 'mina.park' } },
  'reset-password-guessable': {
    page: 'reset-password',
    model: { action: '/reset-password', token: transaction, username: 'mina.park', endGrants: true, problem: 'guessable' },
  },
  'reset-password-limited': {
    page: 'reset-password',
    model: { action: '/reset-password', token: transaction, username: 'mina.park', problem: 'limited', retryAfterMinutes: 1 },
  },
  'login-mails': {
    page: 'login',
    model: { ...passwords, action, transaction, clientName: 'ChatGPT', cancellable: true, forgot: '/forgot-password', signUp: '/sign-up' },
  },
  'forgot-password': { page: 'forgot-password', model: { action: '/forgot-password', typed: '' } },
  'forgot-password-limited': {
    page: 'forgot-password',
    model: { action: '/forgot-password', typed: 'mina', problem: 'limited', retryAfterMinutes: 12 },
  },
  'sign-up': { page: 'sign-up', model: { action: '/sign-up', typed: 'mina.park@example.com' } },
  'confirm-address': {
    page: 'confirm-address',
    model: { action: '/confirm-address', token: transaction, username: 'mina.park', email: 'mina.park@example.com' },
  },
  'link-done-sent': { page: 'link-done', model: { done: 'sent', home: '/' } },
  'link-done-invited': { page: 'link-done', model: { done: 'invited', home: '/' } },
  'link-done-confirmed': { page: 'link-done', model: { done: 'confirmed', username: 'mina.park', home: '/' } },
  'link-passkey': { page: 'link-passkey', model: linkPasskey },
  'link-passkey-problem': { page: 'link-passkey', model: { ...linkPasskey, back: '/invitation', problem: 'passkey' } },
  'link-done-passkey': { page: 'link-done', model: { done: 'passkey', username: 'mina.park', home: '/' } },
  'link-gone-factor': { page: 'link-gone', model: { kind: 'factor', home: '/' } },
  'link-gone-forgot': { page: 'link-gone', model: { kind: 'reset', home: '/', forgot: '/forgot-password' } },
  'link-gone-address': { page: 'link-gone', model: { kind: 'address', home: '/' } },
  'link-done-joined': { page: 'link-done', model: { done: 'joined', username: 'mina.park', home: '/' } },
  'link-done-welcomed': { page: 'link-done', model: { done: 'welcomed', username: 'mina.park@example.com', home: '/' } },
  'link-done-reset': { page: 'link-done', model: { done: 'reset', username: 'mina.park', home: '/' } },
  'link-gone-invitation': { page: 'link-gone', model: { kind: 'invitation', home: '/' } },
  'link-gone-reset': { page: 'link-gone', model: { kind: 'reset', home: '/' } },
  'form-post': {
    page: 'form-post',
    model: {
      action: 'https://app.example/callback',
      parameters: [
        { name: 'code', value: 'abc' },
        { name: 'state', value: 'x&y' },
      ],
    },
  },
  'odd-login': {
    page: 'login',
    model: {
      ...passwords,
      action: `/login?${markup}`,
      transaction: markup,
      clientName: markup,
      cancellable: true,
      username: markup,
      problem: 'limited',
    },
  },
  'odd-account': { page: 'account', model: { action, transaction, clientName: arabic, username: long } },
  'odd-consent': {
    page: 'consent',
    model: {
      action: '/consent',
      transaction: markup,
      username: long,
      email: `${long}@example.com`,
      clientName: `${arabic} ${markup} ${long}`,
      logoUri: `https://example.com/${long}"><img src=x onerror=alert(1)>`,
      clientUri: `https://example.com/${long}"><img src=x onerror=alert(1)>`,
      policyUri: `https://example.com/${long}`,
      tosUri: `javascript:${markup}`,
      proof: 'document',
      clientHost: `${long}.example.com`,
      redirectHost: `${long}.example.com`,
      redirectKind: 'https',
      again: false,
      presets: [],
      scopes: [],
      resources: [
        server([markup, long, arabic], { identifier: `https://${long}.example.com/`, name: `${arabic} ${markup} ${long}` }),
        server([], { identifier: markup, name: markup, registered: false, scoped: false }),
      ],
    },
  },
  'odd-device': {
    page: 'device',
    model: { action: `/device${markup}`, transaction: markup, username: long, userCode: markup, problem: 'unknown' },
  },
  'odd-device-done': { page: 'device-done', model: { allowed: true, clientName: `${arabic} ${markup} ${long}` } },
  'odd-error': {
    page: 'error',
    model: {
      status: 400,
      code: markup,
      description: `${markup} ${long}`,
      reference: markup,
      cause: 'redirect',
      advice: 'developer',
      tryAgain: { uri: `https://example.com/${long}"><img src=x onerror=alert(1)>`, host: `${long}.example.com` },
    },
  },
  'odd-logout': {
    page: 'logout',
    model: {
      action: `/logout${markup}`,
      fields: [{ name: markup, value: markup }],
      username: markup,
      clientName: arabic,
      redirectHost: `${long}.example.com`,
    },
  },
  'odd-logged-out': {
    page: 'logged-out',
    model: {
      clientName: `${markup} ${long}`,
      redirectHost: arabic,
      location: `https://example.com/?a=1&b=${long}"><img src=x onerror=alert(1)>`,
    },
  },
  'odd-invitation': {
    page: 'invitation',
    model: {
      action: `/invitation${markup}`,
      token: markup,
      email: `${long}@example.com`,
      username: markup,
      problem: 'name',
      asksForEmail: true,
      offersPasskey: true,
      typedEmail: markup,
      password: true,
      asksForName: true,
      providers: [{ name: `${arabic} ${markup} ${long}`, action: `/login/${markup}` }],
    },
  },
  'odd-reset-password': { page: 'reset-password', model: { action: `/reset-password${markup}`, token: markup, username: long } },
  'odd-forgot-password': { page: 'forgot-password', model: { action: `/forgot-password${markup}`, typed: markup } },
  'odd-sign-up': { page: 'sign-up', model: { action: `/sign-up${markup}`, typed: `${long}${markup}` } },
  'odd-confirm-address': {
    page: 'confirm-address',
    model: { action: `/confirm-address${markup}`, token: markup, username: `${arabic} ${long}`, email: `${long}@${markup}` },
  },
  'odd-link-done': { page: 'link-done', model: { done: 'reset', username: `${arabic} ${markup} ${long}`, home: `/${markup}` } },
  'odd-form-post': {
    page: 'form-post',
    model: {
      action: 'https://app.example/?a=1&b="',
      parameters: [
        { name: 'submit', value: markup },
        { name: 'state', value: long },
      ],
    },
  },
}
