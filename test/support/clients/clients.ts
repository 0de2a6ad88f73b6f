/** The clients that people connect, as they present themselves; client-flow.ts goes the whole way of any of them. */

export interface ClientDescription {
  readonly name: string
  /** The body of POST /register. */
  readonly registration: Readonly<Record<string, unknown>> & { readonly redirect_uris: readonly string[] }
  /** Where the client really receives the answer; its port or its entry may differ from what was registered first. */
  readonly redirectUri: string
  /** What the consent page must name as the receiver. */
  readonly receiver: string
  /** The scope it asks for; `advertised` is every scope of the metadata, absent is no parameter at all. */
  readonly scope?: string
  readonly state?: string
  readonly resource?: string
  /** Further parameters of the authorization request. */
  readonly authorization?: Readonly<Record<string, string>>
  /** `false` for the one client that knows no PKCE. */
  readonly pkce?: false
  /** Sent with each request that isn't the browser's. */
  readonly headers?: Readonly<Record<string, string>>
}

export const MCP_RESOURCE = 'https://mcp.example.com/mcp'

const code = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const json = { accept: 'application/json' }
/** `offline_access` always comes with it in clients that are built on the SDK. */
const offline = { scope: 'openid profile email offline_access', authorization: { prompt: 'consent' } }

const hosted = (name: string, redirectUri: string, receiver: string): ClientDescription => ({
  name,
  registration: { client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', ...code },
  redirectUri,
  receiver,
  resource: MCP_RESOURCE,
  headers: json,
})

/** Without `iss` in the metadata it would be the second address; both must work. Its `state` is the longest there is. */
export const chatGpt = ['https://chatgpt.com/connector_platform_oauth_redirect', 'https://chatgpt.com/connector/oauth/Q2hhdEdQVA'].map(
  (uri): ClientDescription => ({
    ...hosted('ChatGPT', uri, 'chatgpt.com'),
    scope: 'advertised',
    state: `oauth_s_${'Zm9v+/=.~_-'.repeat(49)}`.slice(0, 540),
  }),
)

/** Set up by hand with a client id and a secret that an operator made; the body is what that operator would enter. */
export const gptActions = ['https://chat.openai.com/aip/g-4f1e/oauth/callback', 'https://chatgpt.com/aip/g-4f1e/oauth/callback'].map(
  (redirectUri): ClientDescription => ({
    name: 'GPT Actions',
    registration: { redirect_uris: ['https://chat.openai.com/aip/g-4f1e/oauth/callback', 'https://chatgpt.com/aip/g-4f1e/oauth/callback'] },
    redirectUri,
    receiver: new URL(redirectUri).host,
    scope: 'openid email',
    pkce: false,
  }),
)

export const claude = ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'].map(
  (uri): ClientDescription => ({ ...hosted('Claude', uri, new URL(uri).host), ...offline }),
)

const claudeCodeClient = hosted('Claude Code (planets)', 'http://localhost:54212/callback', 'localhost:61873')
/** Asks for `offline_access` without having registered it, and listens on another port than it registered. */
export const claudeCode: ClientDescription = {
  ...claudeCodeClient,
  ...offline,
  registration: { ...claudeCodeClient.registration, scope: 'openid profile email' },
  redirectUri: 'http://localhost:61873/callback',
}

const cursorUris = [
  'http://localhost:8787/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'cursor://anysphere.cursor-mcp/oauth/callback',
]
const cursorReceivers = ['localhost:8787', 'www.cursor.com', 'cursor://']
export const cursor = cursorUris.map((redirectUri, i): ClientDescription => ({
  ...hosted('Cursor', redirectUri, cursorReceivers[i]!),
  registration: { client_name: 'Cursor', redirect_uris: cursorUris, token_endpoint_auth_method: 'none', ...code },
}))

/** One registration for all its ways, the device grant included. */
const vsCodeRegistration = {
  client_name: 'Visual Studio Code',
  client_uri: 'https://code.visualstudio.com',
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  redirect_uris: ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
  token_endpoint_auth_method: 'none',
}
/** The last one listens on a port that it never registered. */
const vsCodeUris = [
  'https://vscode.dev/redirect',
  'https://insiders.vscode.dev/redirect',
  'http://127.0.0.1:33418/',
  'http://127.0.0.1:52101/',
]
export const vsCode = vsCodeUris.map((redirectUri): ClientDescription => ({
  ...hosted('VS Code', redirectUri, new URL(redirectUri).host),
  registration: vsCodeRegistration,
  scope: 'openid profile email offline_access',
  state: 'vscode://dynamicauthprovider/mcp.example.com/authorize?nonce=a%2Bb%3D&windowId=1',
}))

const geminiCliClient = hosted('Gemini CLI MCP Client', 'http://localhost:7777/oauth/callback', 'localhost:7777')
export const geminiCli: ClientDescription = {
  ...geminiCliClient,
  registration: { ...geminiCliClient.registration, scope: '', code_challenge_method: ['S256'] },
}

const grokUri = 'https://grok.com/connectors-oauth-exchange-code/'
export const grok: ClientDescription = hosted('Grok', grokUri, 'grok.com')

const nativeClient = (name: string, registered: string, redirectUri: string): ClientDescription => {
  const client = hosted(name, registered, new URL(redirectUri).host)
  return { ...client, registration: { ...client.registration, application_type: 'native' }, redirectUri }
}
/** Listens at a path that it derives from the address of the MCP server. */
export const codex = nativeClient('Codex', 'http://127.0.0.1:37819/callback/Q29kZXhNY3A1', 'http://127.0.0.1:37819/callback/Q29kZXhNY3A1')
/** Listens on another port than it registered. */
export const copilotCli = nativeClient('GitHub Copilot CLI', 'http://127.0.0.1:56679/', 'http://127.0.0.1:57411/')

const openCodeClient = hosted('OpenCode', 'http://127.0.0.1:19876/mcp/oauth/callback', '127.0.0.1:19876')
export const openCode: ClientDescription = {
  ...openCodeClient,
  registration: { ...openCodeClient.registration, client_uri: 'https://opencode.ai' },
}

export const mcpRemote: ClientDescription = {
  ...hosted('MCP CLI Proxy', 'http://localhost:21447/oauth/callback', 'localhost:21447'),
  registration: {
    client_name: 'MCP CLI Proxy',
    client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
    software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
    software_version: '0.1.37',
    redirect_uris: ['http://localhost:21447/oauth/callback'],
    scope: 'openid email profile',
    token_endpoint_auth_method: 'none',
    ...code,
  },
  scope: 'openid email profile',
}

/** Registers an empty scope, and older and hosted ones call from the page itself. */
export const inspector = ['http://localhost:6274/oauth/callback', 'http://127.0.0.1:6276/oauth/callback'].map((uri): ClientDescription => ({
  ...hosted('MCP Inspector', uri, new URL(uri).host),
  registration: {
    client_name: 'MCP Inspector',
    client_uri: 'https://github.com/modelcontextprotocol/inspector',
    redirect_uris: [uri],
    scope: '',
    token_endpoint_auth_method: 'none',
    ...code,
  },
  headers: { ...json, 'mcp-protocol-version': '2025-11-25' },
}))
