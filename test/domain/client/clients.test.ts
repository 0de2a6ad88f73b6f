import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { parseClientMetadata } from '#src/domain/client/client-metadata.ts'
import { matchRedirectUri, redirectKind } from '#src/domain/protocol/redirect-uri.ts'
import { RegistrationRequest } from '#src/schemas/registration.ts'

/** What most clients register besides names and URIs. */
const PUBLIC = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }

/** What real clients register, and the redirect URI of their authorization requests. */
const CLIENTS: { client: string; body: Record<string, unknown>; asks: string[]; kind: 'https' | 'loopback' | 'custom' }[] = [
  {
    client: 'ChatGPT',
    body: { client_name: 'ChatGPT', redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'], ...PUBLIC },
    asks: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    kind: 'https',
  },
  {
    client: 'ChatGPT, one callback a connector',
    body: { client_name: 'ChatGPT', redirect_uris: ['https://chatgpt.com/connector/oauth/Ab3_-x'], token_endpoint_auth_method: 'none' },
    asks: ['https://chatgpt.com/connector/oauth/Ab3_-x'],
    kind: 'https',
  },
  {
    client: 'GPT Actions',
    body: {
      redirect_uris: ['https://chat.openai.com/aip/g-1/oauth/callback', 'https://chatgpt.com/aip/g-1/oauth/callback'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    asks: ['https://chat.openai.com/aip/g-1/oauth/callback', 'https://chatgpt.com/aip/g-1/oauth/callback'],
    kind: 'https',
  },
  {
    client: 'Claude',
    body: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...PUBLIC,
      scope: 'openid profile email offline_access',
    },
    asks: ['https://claude.ai/api/mcp/auth_callback'],
    kind: 'https',
  },
  {
    client: 'Claude, newer domain',
    body: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.com/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    asks: ['https://claude.com/api/mcp/auth_callback'],
    kind: 'https',
  },
  {
    client: 'Claude Code',
    body: { client_name: 'Claude Code (server)', redirect_uris: ['http://localhost:54212/callback'], ...PUBLIC },
    asks: ['http://localhost:54212/callback', 'http://localhost:61000/callback', 'http://localhost/callback'],
    kind: 'loopback',
  },
  {
    client: 'Claude Code, registered without a port',
    body: { redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' },
    asks: ['http://localhost:3118/callback', 'http://127.0.0.1:3118/callback'],
    kind: 'loopback',
  },
  {
    client: 'Cursor',
    body: { client_name: 'Cursor', redirect_uris: ['http://localhost:8787/callback'], ...PUBLIC },
    asks: ['http://localhost:8787/callback', 'http://localhost:8788/callback'],
    kind: 'loopback',
  },
  {
    client: 'Cursor agents',
    body: { client_name: 'Cursor', redirect_uris: ['https://www.cursor.com/agents/mcp/oauth/callback'] },
    asks: ['https://www.cursor.com/agents/mcp/oauth/callback'],
    kind: 'https',
  },
  {
    client: 'Cursor, older',
    body: { client_name: 'Cursor', redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'], token_endpoint_auth_method: 'none' },
    asks: ['cursor://anysphere.cursor-mcp/oauth/callback'],
    kind: 'custom',
  },
  {
    client: 'VS Code in the browser',
    body: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
    asks: ['https://vscode.dev/redirect', 'https://insiders.vscode.dev/redirect'],
    kind: 'https',
  },
  {
    client: 'VS Code',
    body: {
      client_name: 'Visual Studio Code',
      redirect_uris: ['https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    },
    asks: ['http://127.0.0.1:33418/', 'http://127.0.0.1:50123/', 'http://127.0.0.1/'],
    kind: 'loopback',
  },
  {
    client: 'Gemini CLI',
    body: { client_name: 'Gemini CLI MCP Client', redirect_uris: ['http://localhost:7777/oauth/callback'], ...PUBLIC, scope: '' },
    asks: ['http://localhost:7777/oauth/callback', 'http://localhost:40001/oauth/callback'],
    kind: 'loopback',
  },
  {
    client: 'mcp-remote',
    body: {
      redirect_uris: ['http://localhost:3335/oauth/callback'],
      ...PUBLIC,
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.1.29',
    },
    asks: ['http://localhost:3335/oauth/callback', 'http://localhost:49150/oauth/callback'],
    kind: 'loopback',
  },
  {
    client: 'MCP Inspector',
    body: {
      client_name: 'MCP Inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      scope: '',
      ...PUBLIC,
    },
    asks: ['http://localhost:6274/oauth/callback'],
    kind: 'loopback',
  },
  {
    client: 'MCP Inspector, debugging',
    body: { redirect_uris: ['http://127.0.0.1:6276/oauth/callback', 'http://localhost:6274/oauth/callback/debug'], scope: '' },
    asks: ['http://127.0.0.1:6276/oauth/callback', 'http://localhost:6275/oauth/callback/debug'],
    kind: 'loopback',
  },
  {
    client: 'the MCP TypeScript SDK 1.x',
    body: { client_name: 'sdk', redirect_uris: ['http://localhost:8090/callback'], scope: 'openid mcp:tools' },
    asks: ['http://localhost:8090/callback'],
    kind: 'loopback',
  },
]

for (const { client, body, asks, kind } of CLIENTS) {
  t.test(`${client} registers, and asks with a redirect URI that matches`, async (t) => {
    t.ok(Value.Check(RegistrationRequest, body), 'the body passes its shape')
    const metadata = parseClientMetadata(body)
    if (!metadata.ok) return t.fail(metadata.error.message)
    t.strictSame(metadata.value.redirectUris, body['redirect_uris'])
    t.strictSame(metadata.value.grantTypes, body['grant_types'] ?? ['authorization_code', 'refresh_token'])
    t.equal(metadata.value.tokenEndpointAuthMethod, body['token_endpoint_auth_method'] ?? 'client_secret_basic')
    for (const uri of asks) {
      t.ok(matchRedirectUri(metadata.value.redirectUris, uri), uri)
      t.equal(redirectKind(uri), kind)
    }
  })
}
