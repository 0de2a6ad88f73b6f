/** The scopes that an MCP request needs, by the tools that it calls. */

/**
 * If the framework has not parsed the body, it could call any of the tools, so the request needs all their scopes: code that
 * reads the body later may be less strict about the content type.
 *
 * @param tools tools that need more than the rest: their names, with the scope of each
 * @param base the scope that every request needs
 * @returns a function from a request to its scopes; its parsed body is one message or, from older clients, several
 */
export function scopeForTools(
  tools: Readonly<Record<string, string>>,
  base = '',
): (request: { readonly method?: string | undefined; readonly body?: unknown }) => string {
  const needed = new Map(Object.entries(tools))
  return ({ method, body }) => {
    const unread = method === 'POST' && typeof body !== 'object'
    const words = unread ? needed.values() : [body].flat().map((message) => needed.get(calledTool(message)) ?? '')
    return [base, ...words].join(' ')
  }
}

function calledTool(message: unknown): string {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } | null }
  return method === 'tools/call' && typeof params?.name === 'string' ? params.name : ''
}
