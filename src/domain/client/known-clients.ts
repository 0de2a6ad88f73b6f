/**
 * The apps that CLIENTS=known lets in: those of a table of vendors, and those of KNOWN_CLIENTS. Only an https address of a vendor, or a
 * document that a vendor publishes, proves who receives an answer; what a client calls itself proves nothing.
 */
import { isDocumentUrl } from './client-document.ts'
import { checkRedirectUri, matchRedirectUri } from '../protocol/redirect-uri.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** Where the apps of vendors receive their answers; docs/clients/which-apps.md has the same table. `{...}` is one whole segment of a path. */
export const VENDOR_REDIRECTS: readonly (readonly [vendor: string, uri: string])[] = [
  ['ChatGPT', 'https://chatgpt.com/connector_platform_oauth_redirect'],
  ['ChatGPT', 'https://chatgpt.com/connector/oauth/{id}'],
  ['GPT Actions', 'https://chatgpt.com/aip/{id}/oauth/callback'],
  ['GPT Actions', 'https://chat.openai.com/aip/{id}/oauth/callback'],
  ['Claude', 'https://claude.ai/api/mcp/auth_callback'],
  ['Claude', 'https://claude.com/api/mcp/auth_callback'],
  ['Cursor', 'https://www.cursor.com/agents/mcp/oauth/callback'],
  ['Grok', 'https://grok.com/connectors-oauth-exchange-code/'],
  ['VS Code', 'https://vscode.dev/redirect'],
  ['VS Code', 'https://insiders.vscode.dev/redirect'],
]

/** The metadata documents of vendors: these vouch for the https addresses in them. */
export const VENDOR_DOCUMENTS: readonly (readonly [vendor: string, url: string])[] = [
  ['ChatGPT', 'https://chatgpt.com/oauth/client.json'],
  ['Claude', 'https://claude.ai/oauth/mcp-oauth-client-metadata'],
  ['VS Code', 'https://vscode.dev/oauth/client-metadata.json'],
]

const PLACEHOLDER = /\{\w+\}/
/** What a placeholder matches: never a dot segment, nor anything encoded, which a browser would read as another path. */
const SEGMENT = '(?!\\.{1,2}(?:/|$))[\\w.~-]{1,128}'

/** Whether a redirect URI is one of these, byte for byte but for placeholders; the port of a loopback URI may differ. */
export const isListed = (uri: string, listed: readonly string[]): boolean =>
  listed.some((pattern) => (PLACEHOLDER.test(pattern) ? patternOf(pattern).test(uri) : matchRedirectUri([pattern], uri)))

const VENDOR_URIS = VENDOR_REDIRECTS.map(([, uri]) => uri)
const VENDOR_URLS = VENDOR_DOCUMENTS.map(([, url]) => url)

export const isVendorRedirect = (uri: string): boolean => isListed(uri, VENDOR_URIS)
export const isVendorDocument = (url: string): boolean => VENDOR_URLS.includes(url)

const patternOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split(PLACEHOLDER)
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join(SEGMENT)}$`,
  )

/** An item of KNOWN_CLIENTS; the error is the rest of the sentence "it must ...". */
export function parseKnownClient(item: string): Result<string, string> {
  if (/^client_[\w-]+$/.test(item) || isDocumentUrl(item)) return ok(item)
  const uri = item.replaceAll(/(?<=\/)\{\w+\}(?=\/|$)/g, 'x')
  const isPattern = uri !== item
  if (/[{}]/.test(uri) || (isPattern && !/^https:\/\/[^/?{}]+\/[^?]*$/.test(item)))
    return err('have {placeholders} only for whole segments of the path of an https address without a query')
  const problem = checkRedirectUri(uri)
  return problem === undefined ? ok(item) : err(`be a client id, the address of a document, or a redirect URI, which ${problem}`)
}
