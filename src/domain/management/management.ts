/**
 * The management API as an MCP server is seen: a resource of this server, with scopes for each kind of record. It is built in, so nobody
 * can register, change or delete it, and only clients that an owner made for it may ask for its tokens.
 */
import type { Client, OperatorClient } from '../client/client.ts'
import type { Resource } from '../resource/resource.ts'
import type { Role } from '../user/role.ts'

/** Below the issuer. */
export const MANAGEMENT_PATH = '/admin/api'
/** No id of a resource that was registered. */
export const MANAGEMENT_ID = 'management'
/** Seconds. */
const TOKEN_TTL = 600

export const managementAddress = (issuer: string): string => issuer + MANAGEMENT_PATH

/** What there is to manage, in English and Korean, and whether it can be read and changed. */
const OBJECTS: readonly (readonly [word: string, english: string, korean: string, effects: readonly ('read' | 'write')[]])[] = [
  ['users', 'users', '사용자', ['read', 'write']],
  ['groups', 'groups', '그룹', ['read', 'write']],
  ['access-rules', 'access rules', '접근 규칙', ['read', 'write']],
  ['clients', 'clients', '클라이언트', ['read', 'write']],
  ['grants', 'connected apps', '연결된 앱', ['read', 'write']],
  ['sessions', 'sessions', '세션', ['read', 'write']],
  ['links', 'invitations and resets', '초대와 재설정 링크', ['read', 'write']],
  ['resources', 'MCP servers', 'MCP 서버', ['read', 'write']],
  ['personal-tokens', 'personal access tokens', '개인 액세스 토큰', ['read', 'write']],
  ['initial-access-tokens', 'initial access tokens', '초기 액세스 토큰', ['read', 'write']],
  ['providers', 'identity providers', '로그인 제공자', ['read', 'write']],
  ['admission-rules', 'admission rules', '가입 허용 규칙', ['read', 'write']],
  ['keys', 'signing keys', '서명 키', ['read', 'write']],
  ['status', 'the state of the server', '서버 상태', ['read']],
  ['audit', 'the audit log', '감사 기록', ['read']],
]

const SCOPES: Resource['scopes'] = OBJECTS.flatMap(([word, english, korean, effects]) =>
  effects.map((effect) => ({
    name: `${word}:${effect}`,
    description: `${effect === 'read' ? 'See' : 'Change'} ${english}`,
    translations: { ko: `${korean} ${effect === 'read' ? '보기' : '변경'}` },
    kind: effect,
  })),
)

export const MANAGEMENT_SCOPES: readonly string[] = SCOPES.map(({ name }) => name)

/** It has no secret, so nothing introspects as it. */
export const managementResource = (issuer: string): Resource => ({
  id: MANAGEMENT_ID,
  secretHash: '',
  identifier: managementAddress(issuer),
  name: `Management of ${new URL(issuer).host}`,
  scopes: SCOPES,
  accessTokenTtl: TOKEN_TTL,
  refusesPersonalTokens: true,
  createdAt: 0,
  updatedAt: 0,
})

/** The most that a client may do at the management API; undefined if it may not ask for its tokens. */
export const managementRole = (client: Client): Role | undefined => (client.origin === 'operator' ? client.managementRole : undefined)

/** The client of the command line, when it manages a server from afar. The first that asks for it stores it. */
export const COMMAND_LINE_CLIENT_ID = 'command-line'

export const commandLineClient = (now: number): OperatorClient => ({
  id: COMMAND_LINE_CLIENT_ID,
  metadata: {
    redirectUris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
    tokenEndpointAuthMethod: 'none',
    grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    scopes: [...MANAGEMENT_SCOPES],
    display: { client_name: 'Command line', 'client_name#ko': '명령줄' },
  },
  origin: 'operator',
  managementRole: 'owner',
  createdAt: now,
})
