/** Models for the pages of a person's own account. */
import { ACCOUNT_EVENTS } from '#src/domain/audit/account-events.ts'
import type { Sample } from './samples.ts'
import type { MyAccountPage, MyProfilePage, ProfileField } from '#src/plugins/pages/account-models.ts'

const since = 'Nov 29, 2026, 3:49 PM UTC'
const token = 'dGhpcyBpcyBub3QgYSByZWFsIG9uZQ'

const app = {
  id: 'grant-1',
  name: 'ChatGPT',
  host: 'chatgpt.com',
  proof: 'document' as const,
  permissions: [{ name: 'openid' as const }, { name: 'offline_access' as const }],
  resources: [
    { identifier: 'https://mcp.example.com/mcp', name: 'Observatory', permissions: [{ text: 'Move the telescope' }, { text: 'Read' }] },
  ],
  since,
  lastUsed: since,
  from: '192.0.2.7',
}
const { name: _name, host: _host, ...nameless } = app
const { lastUsed: _used, from: _from, ...idle } = app

const account: MyAccountPage = {
  token,
  username: 'mina.park',
  name: 'Mina Park',
  email: 'mina.park@example.com',
  apps: [app, { ...nameless, id: 'grant-2', proof: 'registration', resources: [] }],
  remembered: [],
  tokenMinutes: 60,
  sessions: [
    { id: 'session-1', isThisOne: true, browser: 'Firefox · Linux', from: '192.0.2.7', since, lastSeen: since },
    { id: 'session-2', isThisOne: false, since, lastSeen: since },
  ],
  events: [...ACCOUNT_EVENTS].slice(0, 8).map((name, index) => ({
    name,
    at: since,
    byOperator: index === 1,
    ...(index === 2 && { client: 'ChatGPT' }),
    ...(index > 1 && { from: '2001:db8::7' }),
  })),
  mayMakeTokens: true,
  tokens: [
    {
      id: 'token-1',
      name: 'nightly backup',
      resource: 'https://mcp.example.com/mcp',
      permissions: [{ text: 'Read' }, { name: 'openid' }],
      since,
      until: since,
      lastUsed: since,
    },
    { id: 'token-2', name: 'unused', resource: '', permissions: [], since, until: since },
  ],
  mayDelete: true,
}

const field = (name: string, changes: Partial<ProfileField> = {}): ProfileField => ({
  name,
  value: '',
  autocomplete: 'off',
  type: 'text',
  hint: false,
  fixed: false,
  wrong: false,
  ...changes,
})
const profile: MyProfilePage = {
  action: '/account/profile',
  token,
  groups: [
    { scope: 'profile', fields: [field('name', { value: 'Mina Park' }), field('locale', { value: 'ko-KR', hint: true })] },
    { scope: 'email', fields: [field('email', { type: 'email', value: 'mina@example.com', fixed: true })] },
  ],
}

const observatory = { id: 'resource_1', name: 'Observatory', identifier: 'https://mcp.example.com/mcp' }
const makeToken = {
  action: '/account/tokens',
  token,
  resources: [observatory, { id: 'resource_2', name: 'Library', identifier: 'https://library.example.com/mcp' }],
  days: [7, 30, 90].map((days) => ({ days, chosen: days === 90 })),
}
const scopes = [
  { value: 'sky:read', text: 'Read the sky' },
  { value: 'openid', name: 'openid' },
]

const identity = { id: 'identity-1', provider: 'Google', account: 'mina.park@gmail.com', since, lastUsed: since, failed: false }

/** @param odd what must not break a page */
export const accountSamples = ({ markup, arabic, long }: Record<'markup' | 'arabic' | 'long', string>): Record<string, Sample> => ({
  'my-account': { page: 'my-account', model: account },
  'my-account-done': {
    page: 'my-account',
    model: { ...account, notice: 'app', remembered: [{ ...idle, id: 'client_1' }], signInFailures: { count: 3, since } },
  },
  'my-account-empty': {
    page: 'my-account',
    model: {
      token,
      username: 'mina.park',
      apps: [],
      remembered: [],
      tokenMinutes: 0,
      sessions: account.sessions.slice(0, 1),
      events: [],
      mayMakeTokens: true,
      tokens: [],
      mayDelete: false,
    },
  },
  'my-account-opaque': { page: 'my-account', model: { ...account, mayMakeTokens: false, tokenMinutes: 0 } },
  'my-profile': { page: 'my-profile', model: profile },
  'my-profile-problem': {
    page: 'my-profile',
    model: {
      ...profile,
      groups: [{ scope: 'phone', fields: [field('phone', { type: 'tel', value: '123', hint: true, wrong: true })] }],
      problem: 'phone',
    },
  },
  'my-password': { page: 'my-password', model: { action: '/account/password', token, username: 'mina.park' } },
  'my-password-problem': {
    page: 'my-password',
    model: { action: '/account/password', token, username: 'mina.park', problem: 'short' },
  },
  'my-password-administrator': { page: 'my-password', model: { action: '/account/password', token, username: 'admin', fixed: 'settings' } },
  'my-password-provider': { page: 'my-password', model: { action: '/account/password', token, username: 'mina.park', fixed: 'provider' } },
  'my-factors': {
    page: 'my-factors',
    model: {
      token,
      notice: 'removed',
      codesSince: since,
      recoveryCodes: 7,
      hasFactors: true,
      passkeys: [
        { id: 'passkey-1', name: 'Phone', since, lastUsed: since, backedUp: true },
        { id: 'passkey-2', name: 'Security key', since, backedUp: false },
      ],
      mayAdd: true,
      password: { exists: true },
      services: {
        identities: [identity, { ...identity, id: 'identity-2', provider: 'GitHub', account: 'minapark', failed: true }],
        managed: false,
        providers: [
          { name: 'github', label: 'GitHub' },
          { name: 'google', label: 'Google' },
        ],
      },
    },
  },
  'my-factors-none': {
    page: 'my-factors',
    model: { token, recoveryCodes: 0, hasFactors: false, passkeys: [], mayAdd: false },
  },
  'my-factors-managed': {
    page: 'my-factors',
    model: {
      token,
      recoveryCodes: 0,
      hasFactors: false,
      passkeys: [],
      mayAdd: true,
      services: { identities: [identity], managed: true, providers: [] },
    },
  },
  'my-factors-passkey': {
    page: 'my-factors',
    model: {
      token,
      notice: 'last',
      recoveryCodes: 0,
      hasFactors: true,
      passkeys: [{ id: 'passkey-1', name: 'Phone', since, backedUp: true }],
      mayAdd: true,
      password: { exists: false },
      services: { identities: [], managed: false, providers: [{ name: 'google', label: 'Google' }] },
    },
  },
  'odd-my-factors': {
    page: 'my-factors',
    model: {
      token: markup,
      recoveryCodes: 0,
      hasFactors: true,
      passkeys: [{ id: markup, name: `${arabic} ${markup} ${long}`, since, backedUp: false }],
      mayAdd: true,
      services: {
        identities: [{ ...identity, id: markup, provider: `${arabic} ${markup} ${long}`, account: `${long} ${markup}` }],
        managed: false,
        providers: [{ name: markup, label: `${arabic} ${markup} ${long}` }],
      },
    },
  },
  'my-tokens': { page: 'my-tokens', model: { ...makeToken, chosen: { ...observatory, scopes } } },
  'my-tokens-problem': { page: 'my-tokens', model: { ...makeToken, chosen: { ...observatory, scopes }, problem: 'scopes' } },
  'my-tokens-choice': { page: 'my-tokens', model: makeToken },
  'my-tokens-none': { page: 'my-tokens', model: { ...makeToken, resources: [] } },
  'my-token': {
    page: 'my-token',
    model: { name: 'nightly backup', text: `ssp_${'0'.repeat(49)}`, resource: 'https://mcp.example.com/mcp', until: since },
  },
  'odd-my-tokens': {
    page: 'my-tokens',
    model: {
      ...makeToken,
      chosen: {
        id: markup,
        name: `${arabic} ${markup}`,
        identifier: `https://${long}.example.com/`,
        scopes: [{ value: markup, text: `${long} ${markup}` }],
      },
    },
  },
  'odd-my-token': { page: 'my-token', model: { name: `${arabic} ${markup} ${long}`, text: long, resource: long, until: since } },
  'my-deletion': { page: 'my-deletion', model: { action: '/account/deletion', token, username: 'mina.park', fixed: false } },
  'my-deletion-problem': {
    page: 'my-deletion',
    model: { action: '/account/deletion', token, username: 'mina.park', fixed: false, problem: 'name' },
  },
  'my-deletion-administrator': { page: 'my-deletion', model: { action: '/account/deletion', token, username: 'admin', fixed: true } },
  'account-deleted': { page: 'account-deleted', model: { username: 'mina.park' } },
  'odd-my-account': {
    page: 'my-account',
    model: {
      ...account,
      token: markup,
      username: long,
      name: `${arabic} ${markup}`,
      email: `${long}@example.com`,
      apps: [
        {
          ...app,
          id: markup,
          name: `${arabic} ${markup} ${long}`,
          host: `${long}.example.com`,
          resources: [{ identifier: `https://${long}.example.com/`, name: `${arabic} ${long}`, permissions: [{ text: markup }] }],
          from: long,
        },
      ],
      sessions: [{ id: markup, isThisOne: false, browser: markup, from: markup, since, lastSeen: since }],
      events: [{ name: 'consent.given', at: since, byOperator: false, client: `${markup} ${long}`, from: markup }],
    },
  },
  'odd-my-profile': {
    page: 'my-profile',
    model: { ...profile, groups: [{ scope: 'profile', fields: [field('name', { value: `${arabic} ${markup} ${long}` })] }] },
  },
  'odd-my-deletion': { page: 'my-deletion', model: { action: markup, token: markup, username: `${long} ${markup}`, fixed: false } },
  'odd-account-deleted': { page: 'account-deleted', model: { username: `${long} ${markup}` } },
})
