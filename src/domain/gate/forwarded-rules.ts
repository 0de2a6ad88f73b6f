/** Which scope a request needs whose body isn't seen: headers say which tool it calls, where they can be believed. */
import { OTHER_TOOLS } from './gate.ts'
import type { Gate } from './gate.ts'
import type { Headers } from './header-names.ts'
import { decodeHeader } from './messages.ts'
import { deniedCall } from './tool-rules.ts'

/** The first revision whose headers say what the body does. */
const WITH_HEADERS = '2026-07-28'

export interface DeniedRequest {
  /** None if nothing helps. */
  readonly missing: readonly string[]
  /** Absent where it can't be seen. */
  readonly tool?: string | undefined
}

/** Why a request may not pass by the rules of tools. */
export function deniedRequest(
  { tools, validatesHeaders = false }: Pick<Gate, 'tools' | 'validatesHeaders'>,
  method: string,
  headers: Headers,
  granted: readonly string[],
): DeniedRequest | undefined {
  if (tools.length === 0 || method !== 'POST') return undefined
  if (!validatesHeaders || !hasMeaning(headers)) return deniedWithoutHeaders(tools, granted)
  const called = headers['mcp-method']
  if (typeof called !== 'string') return { missing: [] }
  const name = headers['mcp-name']?.toString()
  const message = { id: null, method: decodeHeader(called), name: name === undefined ? undefined : decodeHeader(name) }
  const denied = deniedCall([message], tools, granted)
  return denied && { missing: denied.missing === undefined ? [] : [denied.missing], tool: denied.message.name }
}

/** A server of both revisions might take a request with a session for one of the older, whose headers it doesn't look at. */
function hasMeaning(headers: Headers): boolean {
  const revision = headers['mcp-protocol-version']?.toString() ?? ''
  return /^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= WITH_HEADERS && headers['mcp-session-id'] === undefined
}

/** Any tool may be called, so all of them must be allowed. */
function deniedWithoutHeaders(tools: Gate['tools'], granted: readonly string[]): DeniedRequest | undefined {
  if (!tools.some(({ tool }) => tool === OTHER_TOOLS)) return { missing: [] }
  const missing = [...new Set(tools.map(({ scope }) => scope))].filter((scope) => !granted.includes(scope))
  return missing.length === 0 ? undefined : { missing }
}
