import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  VENDOR_DOCUMENTS,
  VENDOR_REDIRECTS,
  isListed,
  isVendorDocument,
  isVendorRedirect,
  parseKnownClient,
} from '#src/domain/client/known-clients.ts'
import { checkRedirectUri, redirectKind } from '#src/domain/protocol/redirect-uri.ts'

t.test('addresses of vendors are known byte for byte, with one whole segment for a placeholder', async (t) => {
  for (const uri of [
    'https://chatgpt.com/connector_platform_oauth_redirect',
    'https://chatgpt.com/connector/oauth/Q2hhdEdQVA',
    'https://chat.openai.com/aip/g-4f1e/oauth/callback',
    'https://claude.com/api/mcp/auth_callback',
    'https://vscode.dev/redirect',
  ])
    t.ok(isVendorRedirect(uri), uri)
  for (const uri of [
    'https://chatgpt.com/connector/oauth/',
    'https://chatgpt.com/connector/oauth/a/b',
    'https://chatgpt.com/connector/oauth/..',
    'https://chatgpt.com/connector/oauth/%2e%2e',
    'https://chatgpt.com/aip/../oauth/callback',
    'https://chatgpt.com/aip/./oauth/callback',
    'https://chatgpt.com/connector/oauth/a?next=https://evil.example',
    'https://chatgpt.com/connector/oauth/a#b',
    'https://chatgpt.com/connector/oauth/{id}',
    `https://chatgpt.com/connector/oauth/${'a'.repeat(129)}`,
    'https://chatgpt.com.evil.example/connector/oauth/a',
    'https://evil.example/https://chatgpt.com/connector/oauth/a',
    'https://chatgptXcom/connector/oauth/a',
    'http://chatgpt.com/connector/oauth/a',
    'https://vscode.dev/redirect/',
    'https://vscode.dev/redirect?x',
    'HTTPS://vscode.dev/redirect',
    'https://vscode.dev:443/redirect',
  ])
    t.notOk(isVendorRedirect(uri), uri)
  t.ok(isVendorDocument('https://chatgpt.com/oauth/client.json'))
  t.notOk(isVendorDocument('https://chatgpt.com/oauth/client.json?'))
  t.notOk(isVendorDocument('https://claude.ai/oauth/claude-code-client-metadata'), 'one that has loopback addresses alone proves nothing')
})

t.test('the table of vendors holds https addresses only, and is the one of the documents', async (t) => {
  const documented = readFileSync(new URL('../../../docs/clients/which-apps.md', import.meta.url), 'utf8')
  for (const [vendor, uri] of [...VENDOR_REDIRECTS, ...VENDOR_DOCUMENTS]) {
    const example = uri.replaceAll(/\{\w+\}/g, 'x')
    t.equal(checkRedirectUri(example), undefined, uri)
    t.equal(redirectKind(example), 'https', uri)
    t.ok(documented.includes(`| ${vendor} | \`${uri}\` |`), `${uri} is documented`)
  }
})

t.test('KNOWN_CLIENTS takes ids, documents and redirect URIs, with placeholders in paths of https addresses', async (t) => {
  for (const item of [
    'client_01-aB',
    'https://claude.ai/oauth/claude-code-client-metadata',
    'https://app.example.com/callback',
    'https://app.example.com/{tenant}/callback',
    'https://app.example.com/callback/{id}',
    'http://localhost/callback',
    'http://127.0.0.1:33418/',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ])
    t.strictSame(parseKnownClient(item), { ok: true, value: item })
  const placeholders = { ok: false, error: 'have {placeholders} only for whole segments of the path of an https address without a query' }
  for (const item of [
    'https://{tenant}.example.com/callback',
    'https://{tenant}/callback',
    'https://app.example.com/a{id}/callback',
    'https://app.example.com/{}/callback',
    'https://app.example.com/{id}/callback?x=y',
    'https://app.example.com/{id}/callback?x=/{id}',
    'http://localhost/{id}',
    'app://host/{id}',
  ])
    t.strictSame(parseKnownClient(item), placeholders, item)
  for (const [item, problem] of [
    ['ChatGPT', 'must be an absolute URI'],
    ['http://app.example.com/callback', 'must be https unless its host is localhost, 127.0.0.1 or [::1]'],
    ['javascript:alert(1)', 'must not use the scheme javascript'],
    ['https://APP.example.com/#x', 'must not have a fragment'],
  ] as const)
    t.strictSame(parseKnownClient(item), {
      ok: false,
      error: `be a client id, the address of a document, or a redirect URI, which ${problem}`,
    })
})

t.test('a listed loopback address is known with any port, and everything else exactly', async (t) => {
  const listed = ['http://localhost/callback', 'cursor://anysphere.cursor-mcp/oauth/callback', 'https://app.example.com/{id}/callback']
  for (const uri of [
    'http://localhost:54212/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://app.example.com/a-b_c.d~e/callback',
  ])
    t.ok(isListed(uri, listed), uri)
  for (const uri of [
    'http://127.0.0.1/callback',
    'http://localhost/callback2',
    'cursor://other/oauth/callback',
    'https://app.example.com/a+b/callback',
  ])
    t.notOk(isListed(uri, listed), uri)
  t.notOk(isListed('https://app.example.com/aXb/c', ['https://app.example.com/a.b/{id}']), 'nothing else in it is a pattern')
})
