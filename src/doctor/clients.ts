/**
 * The clients that people connect, as data: how each registers, where it receives its answer, and what stops it.
 * Clients change. Each fact comes from the client's documents, its source or its issue tracker.
 */
import type { Stops } from './findings.ts'

export type ClientId =
  | 'chatgpt'
  | 'claude'
  | 'grok'
  | 'claude-code'
  | 'codex'
  | 'copilot-cli'
  | 'cursor'
  | 'vscode'
  | 'gemini-cli'
  | 'opencode'
  | 'mcp-remote'
  | 'inspector'

/** Why a finding stops this client and not another; `Stops` says what each trait means. */
export type Trait = Exclude<Stops, 'all' | 'nobody' | 'itself'>

export interface ClientProfile {
  readonly id: ClientId
  readonly name: string
  readonly traits: readonly Trait[]
  /** The body of its registration. */
  readonly registration: Readonly<Record<string, unknown>>
  /** Where it receives its answer. Differs from the registered one in the loopback port, if the client's does. */
  readonly redirectUri: string
  /** What it adds to the authorization request; `advertised` means every scope in the metadata. */
  readonly authorization?: { readonly scope?: string; readonly state?: string; readonly prompt?: string }
  /** Requests the authorization endpoint as JSON before it opens the browser. */
  readonly asksFirst?: true
}

const CODE_FLOW = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }
const OFFLINE = { scope: 'offline_access', prompt: 'consent' }

export const CLIENTS: readonly ClientProfile[] = [
  {
    id: 'chatgpt',
    name: 'ChatGPT',
    traits: ['hosted'],
    registration: { client_name: 'ChatGPT', redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'], ...CODE_FLOW },
    redirectUri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    // Its state is longer than 520 characters.
    authorization: { scope: 'advertised', state: `oauth_s_${'0123456789abcdef'.repeat(33)}` },
  },
  {
    id: 'claude',
    name: 'Claude',
    traits: ['hosted'],
    registration: { client_name: 'Claude', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], ...CODE_FLOW },
    redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  },
  {
    id: 'grok',
    name: 'Grok',
    traits: ['hosted'],
    registration: { client_name: 'Grok', redirect_uris: ['https://grok.com/connectors-oauth-exchange-code/'], ...CODE_FLOW },
    redirectUri: 'https://grok.com/connectors-oauth-exchange-code/',
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    traits: ['sdk'],
    registration: { client_name: 'Claude Code', redirect_uris: ['http://localhost:54212/callback'], ...CODE_FLOW },
    redirectUri: 'http://localhost:54212/callback',
    authorization: OFFLINE,
  },
  {
    id: 'codex',
    name: 'Codex',
    // From 0.150 on, unless `iss` is announced, its browser goes nowhere but to the origin of the issuer.
    traits: ['registering', 'wary'],
    registration: {
      client_name: 'Codex',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:37819/callback/Q29kZXhNY3A1'],
      ...CODE_FLOW,
    },
    redirectUri: 'http://127.0.0.1:37819/callback/Q29kZXhNY3A1',
  },
  {
    id: 'copilot-cli',
    name: 'Copilot CLI',
    traits: ['registering'],
    registration: {
      client_name: 'GitHub Copilot CLI',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:56679/'],
      ...CODE_FLOW,
    },
    // It may come back to another port than the one that it registered.
    redirectUri: 'http://127.0.0.1:57411/',
  },
  {
    id: 'cursor',
    name: 'Cursor',
    traits: ['sdk', 'registering'],
    registration: {
      client_name: 'Cursor',
      redirect_uris: [
        'http://localhost:8787/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'cursor://anysphere.cursor-mcp/oauth/callback',
      ],
      ...CODE_FLOW,
    },
    redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  },
  {
    id: 'vscode',
    name: 'VS Code',
    traits: ['registering'],
    registration: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      application_type: 'native',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      ...CODE_FLOW,
      grant_types: [...CODE_FLOW.grant_types, 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    // Any free port, which RFC 8252 section 7.3 says servers must accept.
    redirectUri: 'http://127.0.0.1:52101/',
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    traits: ['sdk', 'registering'],
    registration: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      scope: '',
      ...CODE_FLOW,
    },
    redirectUri: 'http://localhost:7777/oauth/callback',
  },
  {
    id: 'opencode',
    name: 'opencode',
    traits: ['sdk', 'registering'],
    registration: {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      ...CODE_FLOW,
    },
    redirectUri: 'http://127.0.0.1:19876/mcp/oauth/callback',
  },
  {
    id: 'mcp-remote',
    name: 'mcp-remote',
    traits: ['sdk', 'registering'],
    registration: {
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      redirect_uris: ['http://localhost:21447/oauth/callback'],
      ...CODE_FLOW,
    },
    redirectUri: 'http://localhost:21447/oauth/callback',
    asksFirst: true,
  },
  {
    id: 'inspector',
    name: 'MCP Inspector',
    traits: ['sdk', 'registering', 'browsers'],
    registration: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      scope: '',
      ...CODE_FLOW,
    },
    redirectUri: 'http://localhost:6274/oauth/callback',
  },
]
