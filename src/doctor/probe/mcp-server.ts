/** Detects an MCP server, and finds its resource metadata (RFC 9728 section 3). */
import { resourceMetadataUrl, serverMetadataUrl } from '../../domain/protocol/discovery-urls.ts'
import { follow } from './follow.ts'
import type { Reply, Send, Sent } from './http.ts'
import { BROWSER_ORIGIN, parseObject } from './expectations.ts'
import { leadsToPrivateHost } from '../../fetch/private-host.ts'
import type { Document } from './step.ts'
import { callMcp, INITIALIZE, readResponse } from './mcp.ts'

/** What the steps about an MCP server share. */
export interface ResourceContext {
  /** The address, as it was given. */
  readonly url: string
  readonly send: Send
  /** The answer to a request without a token. */
  readonly replyWithoutToken: Reply
  metadata?: Document
  /** The authorization server that it names, or that clients fall back to. */
  issuer?: string
}

/** @returns what the steps about an MCP server start with; undefined if there seems to be none */
export async function detectMcpServer(url: string, send: Send): Promise<ResourceContext | undefined> {
  const asked = await callMcp(send, url, { id: 1, ...INITIALIZE })
  if (!asked.ok) return undefined
  const { reply } = asked
  const isMcp = reply.status === 401 || readResponse(reply, 1) !== undefined || (await onlyResourceMetadata(url, send))
  return isMcp ? { url, send, replyWithoutToken: reply } : undefined
}

/**
 * An authorization server may share its address with the metadata of an MCP server. But what answers for another issuer, such as
 * that of the root for any path, isn't at this address.
 */
async function onlyResourceMetadata(url: string, send: Send): Promise<boolean> {
  const read = async (address: string, member: string): Promise<unknown> => {
    const sent = await readJson(send, address)
    const parsed = sent.ok && sent.reply.status === 200 ? parseObject(sent.reply) : undefined
    return parsed?.ok === true ? parsed.members[member] : undefined
  }
  if ((await read(resourceMetadataUrl(url), 'resource')) === undefined) return false
  const issuer = await read(serverMetadataUrl(url), 'issuer')
  return typeof issuer !== 'string' || trimmed(issuer) !== trimmed(url)
}

const trimmed = (url: string): string => url.replace(/\/+$/, '')

/** Reads a document as a client in a browser would. Follows redirects, but never from a public to a private address. */
export function readJson(send: Send, url: string): Promise<Sent> {
  const headers = { accept: 'application/json', 'mcp-protocol-version': '2025-11-25', origin: BROWSER_ORIGIN }
  return follow(send, { url, headers }, (target) => !leadsToPrivateHost(url, target.href))
}

/** The address in a challenge (RFC 9728 section 5.1); undefined if there is none. */
export function challengeUrl(reply: Reply): string | undefined {
  return /\bresource_metadata\s*=\s*"([^"]*)"/i.exec(reply.headers.get('www-authenticate') ?? '')?.[1]
}
