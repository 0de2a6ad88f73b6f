/** The programs in the README and in docs/mcp.md are whole files: each is taken from the Markdown, started, and called by a client. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { listen } from './support/app.ts'
import { registerResource } from './support/processes/example.ts'
import { tokenFor } from './support/clients/manual-flow.ts'
import { ROOT, TSX, spawnNode } from './support/processes/processes.ts'

interface Snippet {
  readonly document: string
  readonly name: string
  readonly code: string
}

/** What is between fences that name a language of programs. */
const snippets: Snippet[] = ['README.md', 'docs/mcp.md'].flatMap((document) =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^```(?:ts|js|typescript|javascript|mjs)\n(.*?)^```$/gms)].map(
    ([, code = '']) => ({
      document,
      name: /^\/\/ ([\w-]+\.[jt]s)\n/.exec(code)?.[1] ?? '',
      code,
    }),
  ),
)

const { issuer, storage, clock } = await listen(t)

t.test('every program in the documents is a whole file, with its name and its imports', async (t) => {
  t.equal(snippets.length, 4)
  for (const { document, name, code } of snippets) {
    t.not(name, '', `${document}: ${code.slice(0, 60)}`)
    t.match(code, /^import .+ from '/m, `${document}: ${name}`)
    t.notMatch(code, /from '\.\.?\//, `${document}: ${name} needs no other file`)
  }
})

for (const { document, name, code } of snippets) {
  const framework = /fastify|express/.exec(code)?.[0] ?? 'nothing but Node'
  t.test(
    `a developer saves ${name} of ${document}, with ${framework}, starts it, and connects a client`,
    { timeout: 90_000 },
    async (t) => {
      const port = await freePort()
      const resource = `http://localhost:${port}/mcp`
      await registerResource(storage, clock, resource)
      const file = join(t.testdir(), name)
      writeFileSync(file, code)
      const running = spawnNode(t, file, [], { cwd: ROOT, env: { ISSUER: issuer, RESOURCE: resource, PORT: String(port) }, loader: TSX })
      await running.printed('MCP server at')

      const json = { 'content-type': 'application/json' }
      for (const [what, headers, body] of [
        ['nothing', {}, undefined],
        ['no body, and its type', json, ''],
        ['broken JSON', json, '{bad'],
        ['a body without a type', {}, new Uint8Array([123])],
        ['more than a framework takes', json, JSON.stringify('x'.repeat(1_500_000))],
      ] as const) {
        const refused = await fetch(resource, { method: 'POST', headers, ...(body !== undefined && { body }) })
        t.equal(refused.status, 401, what)
        t.match(refused.headers.get('www-authenticate'), /^Bearer resource_metadata="http/, what)
      }

      const refused = await fetch(resource, { method: 'POST' })
      const [, pointer = '', scope] =
        /resource_metadata="([^"]+)"(?:, scope="([^"]+)")?/.exec(refused.headers.get('www-authenticate')!) ?? []
      t.match(await (await fetch(pointer)).json(), { resource, authorization_servers: [issuer] })
      t.equal((await call(await tokenFor(issuer, 'https://other.example/mcp', scope))).status, 401, "not with another server's token")
      const token = await tokenFor(issuer, resource, scope)
      const answered = await call(token)
      t.equal(answered.status, 200)
      t.match(await answered.text(), /hello [\w-]{22}|"text":"[\w-]{22}"/)
      const ended = await fetch(resource, { method: 'DELETE', headers: { ...json, authorization: `Bearer ${token}` } })
      t.not(ended.status, 400, 'a DELETE with a type and no body is passed on')
      t.not(ended.status, 401)

      function call(token: string): Promise<Response> {
        return fetch(resource, {
          method: 'POST',
          headers: { ...json, accept: 'application/json, text/event-stream', authorization: `Bearer ${token}` },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
        })
      }
    },
  )
}
