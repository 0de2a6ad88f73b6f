/** Records as the management API tells them: the same as the command line prints with `--json`. */
import { Type } from '@sinclair/typebox'
import { Flag, Instant, Text, Texts, open } from './route.ts'

const maybe = Type.Optional
const Role = Type.Union([Type.Literal('viewer'), Type.Literal('operator'), Type.Literal('owner')])

export const User = open({
  sub: Text,
  username: Text,
  name: maybe(Text),
  email: maybe(Text),
  email_verified: maybe(Flag),
  administrator: Flag,
  role: maybe(Role),
  disabled: Flag,
  created_at: Instant,
  updated_at: Instant,
  has_password: maybe(Flag),
  passkeys: maybe(Type.Array(open({ name: Text, created_at: Instant, last_used_at: maybe(Instant), backed_up: Flag }))),
  one_time_codes_since: maybe(Instant),
  recovery_codes_left: maybe(Type.Integer()),
  identities: maybe(
    Type.Array(
      open({ provider: Text, account: Text, linked_at: Instant, last_login_at: Instant, managed: Flag, failed_at: maybe(Instant) }),
    ),
  ),
  groups: maybe(Texts),
  live_sessions: maybe(Type.Integer()),
  live_grants: maybe(Type.Integer()),
  email_shared_with: maybe(Texts),
})
const Member = open({ user: Text, sub: Text, source: Text, since: Instant })
export const Group = open({
  name: Text,
  description: Text,
  created_at: Instant,
  members: maybe(Type.Union([Type.Integer(), Type.Array(Member)])),
  more: maybe(Flag),
})
const Verdict = open({ allowed: Flag, rule: maybe(Text), acr: maybe(Text) })
export const AccessRule = open({
  id: Text,
  resource: Text,
  effect: Text,
  who: Text,
  scopes: maybe(Texts),
  clients: maybe(open({})),
  acr: maybe(Text),
  created_at: Instant,
  /** Of a rule that was just added: nobody else may use the MCP server from now on. */
  closes: maybe(Flag),
  /** Of a rule that was just deleted: everybody may use it again. */
  opens: maybe(Flag),
})
export const Access = open({ user: Text, resource: Text, groups: Texts, use: Verdict, scopes: Type.Record(Type.String(), Verdict) })
export const AdmissionRule = open({ rule: Text, kind: Text, group: maybe(Text), from: maybe(Text), created_at: maybe(Instant) })
export const Admission = open({ email: Text, newcomer: Type.Unknown(), depends: Texts, users: Type.Array(open({})) })
export const Client = open({ client_id: Text, origin: maybe(Text), disabled: maybe(Flag), created_at: maybe(Instant) })
export const Resource = open({
  id: Text,
  resource: Text,
  name: Text,
  scopes: Type.Array(open({ name: Text })),
  created_at: Instant,
  secret: maybe(Text),
})
export const Grant = open({
  id: Text,
  user: Text,
  sub: Text,
  client_id: Text,
  client_name: Text,
  scopes: Texts,
  resources: Texts,
  created_at: Instant,
  last_used_at: Instant,
  expires_at: Instant,
})
export const Session = open({
  id: Text,
  sid: Text,
  user: Text,
  sub: Text,
  logged_in_at: Instant,
  last_seen_at: Instant,
  expires_at: Instant,
})
export const Link = open({
  id: Text,
  kind: Text,
  created_at: Instant,
  expires_at: Instant,
  url: maybe(Text),
  mailed_to: maybe(Text),
  not_mailed: maybe(open({ to: Text, problem: Text })),
  email_shared_with: maybe(Texts),
})
export const PersonalToken = open({ id: Text, name: Text, user: Text, scopes: Texts, created_at: Instant, expires_at: Instant })
export const InitialAccessToken = open({ name: Text, uses_left: maybe(Type.Integer()), created_at: Instant, token: maybe(Text) })
export const Provider = open({
  name: Text,
  kind: Text,
  from: Text,
  issuer: maybe(Text),
  client_id: Text,
  enabled: Flag,
  created_at: Instant,
})
export const Key = open({ kid: Text, alg: Text, state: Text, created_at: Instant, signs_from: Instant })
export const Event = open({ id: Text, at: Instant, event: Text, actor: Text, details: open({}) })
export const Status = open({
  version: maybe(Text),
  node: maybe(Text),
  version_needs: Type.Array(open({ kind: Text, message: Text })),
  issuer: Text,
  users: Type.Integer(),
  clients: Type.Integer(),
  keys: Type.Array(Key),
})
export const Secret = open({ secret: Text })
