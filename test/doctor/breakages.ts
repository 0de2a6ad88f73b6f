/** Ways to break a world, in addition to those of the fixture server. Not a test itself. */
import { breaking, json } from '#test/doctor/fixture-server.ts'
import type { Answer, Breakage } from '#test/doctor/fixture-server.ts'

export const redirect = (location: string, status = 302): Answer => ({ status, headers: { location }, body: '' })

/** One change after another. */
export const allOf =
  (...changes: Breakage[]): Breakage =>
  (route, answer, asked, issuer) =>
    changes.reduce<ReturnType<Breakage>>((came, change) => (typeof came === 'string' ? came : change(route, came, asked, issuer)), answer)

/** Changes a parameter of the answer to the client, or removes it. */
export const withParameter = (name: string, value: string | undefined): Breakage =>
  breaking('approve', (answer) => {
    const location = new URL(answer.headers['location']!)
    location.searchParams.delete(name)
    if (value !== undefined) location.searchParams.set(name, value)
    return redirect(location.href)
  })

/** Changes what the MCP server answers to a method after it has accepted the token: a result, or a refusal. */
export const onMethod = (method: string, result: object | undefined, headers: Record<string, string> = {}): Breakage =>
  breaking('mcp', (answer, asked) => {
    if (asked.headers.authorization === undefined || !asked.body.includes(`"${method}"`)) return answer
    const { id } = JSON.parse(asked.body) as { id: number }
    const came = json(result ? 200 : 401, { jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: 1 } }) })
    return { ...came, headers: { ...came.headers, ...headers } }
  })
