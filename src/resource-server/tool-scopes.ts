/** Which scope a request of MCP needs, by the tools that it calls. */

/**
 * A message that nobody has read yet could call any of them, and needs what all need: whoever reads it later may be less
 * strict about its content type than the framework was.
 *
 * @param tools tools that need more than the rest: their names, with the scope that each needs
 * @param base the scope that every request needs
 * @returns what a request needs, by its parsed body, which is one message or, as older clients send, several
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
