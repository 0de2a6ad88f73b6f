/** The scopes that an MCP request needs, by the tools that it calls. */

/** A function from a request to its scopes. */
export interface ScopeOfRequest<R = { readonly method?: string | undefined; readonly body?: unknown }> {
  (request: R): string
  /** What every request needs: known before the body is read, and named to a client that has no token yet. */
  readonly base?: string
}

/** Methods whose requests usually have no body; some frameworks leave an empty object there. */
const BODILESS = ['GET', 'HEAD', 'DELETE', 'OPTIONS']

/**
 * A body that isn't JSON-RPC, as far as it was read, could call any of the tools, so the request needs all their scopes: code that
 * reads it later may be less strict about the content type, or take a Buffer, a stream, a string.
 *
 * @param tools tools that need more than the rest: their names, with the scope of each
 * @param base the scope that every request needs
 * @returns a function from a request to its scopes; its parsed body is one message or, from older clients, several
 */
export function scopeForTools(tools: Readonly<Record<string, string>>, base = ''): ScopeOfRequest & { readonly base: string } {
  const needed = new Map(Object.entries(tools))
  const scopeOf: ScopeOfRequest = ({ method, body }) => {
    if (BODILESS.includes(method ?? '') && isEmpty(body)) return base
    const called = calledTools(body)
    return [base, ...(called?.map((name) => needed.get(name) ?? '') ?? needed.values())].join(' ')
  }
  return Object.assign(scopeOf, { base })
}

/** The names of the tools that a body calls; `undefined` if the body doesn't show them. */
function calledTools(body: unknown): string[] | undefined {
  const messages: unknown[] = Array.isArray(body) ? body : [body]
  if (messages.length === 0) return undefined
  const called: string[] = []
  for (const message of messages) {
    if (!isMessage(message)) return undefined
    if (message['method'] !== 'tools/call') continue
    const { params } = message
    const name: unknown = isPlain(params) ? params['name'] : undefined
    if (typeof name !== 'string') return undefined
    called.push(name)
  }
  return called
}

/** A request, a notification, or a response to the server (JSON-RPC 2.0 sections 4 and 5), which calls nothing. */
function isMessage(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isPlain(value)) return false
  if (Object.hasOwn(value, 'method')) return typeof value['method'] === 'string'
  return value['jsonrpc'] === '2.0' && (Object.hasOwn(value, 'result') || Object.hasOwn(value, 'error'))
}

/** An object as JSON.parse makes it: no Buffer, no stream. Its prototype may be that of another realm. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const isEmpty = (body: unknown): boolean => body === undefined || body === null || (isPlain(body) && Object.keys(body).length === 0)
