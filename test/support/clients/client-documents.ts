/** Metadata documents as ChatGPT and Claude Code publish them, on a TLS server that plays their hosts. */
import { exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { json, serveHosts } from '../network/tls-server.ts'
import type { TlsServer } from '../network/tls-server.ts'

export const CHATGPT = {
  client_id: 'https://chatgpt.com/oauth/client.json',
  client_name: 'ChatGPT',
  client_uri: 'https://chatgpt.com/',
  logo_uri: 'https://chatgpt.com/logo.png',
  redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
  token_endpoint_auth_signing_alg: 'RS256',
  jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
}

export const CLAUDE_CODE = {
  client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
  client_name: 'Claude Code',
  client_uri: 'https://claude.com/',
  redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

export interface ClientKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function makeClientKey(kid: string, alg = 'RS256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export interface Documents extends TlsServer {
  /** Publishes a document at its client_id, from now on. */
  publish(document: { readonly client_id: string; readonly [member: string]: unknown }, headers?: Record<string, string>): void
  /** Publishes ChatGPT's keys, from now on. */
  publishKeys(...keys: ClientKey[]): void
}

/** Serves both documents; `client.example` is for a test's own. */
export async function serveDocuments(t: Parameters<typeof serveHosts>[0]): Promise<Documents> {
  const server = await serveHosts(t, ['chatgpt.com', 'claude.ai', 'client.example'])
  const documents: Documents = {
    ...server,
    publish: (document, headers) => void server.answers.set(document.client_id, json(document, headers)),
    publishKeys: (...keys) => void server.answers.set(CHATGPT.jwks_uri, json({ keys: keys.map(({ jwk }) => jwk) })),
  }
  documents.publish(CHATGPT)
  documents.publish(CLAUDE_CODE)
  return documents
}
