// `resource check`: whether headers may decide about tools, as the MCP server behind the proxy was seen to act.
import t from 'tap'
import { startUpstream } from '#test/support/gate/gate.ts'
import type { Upstream } from '#test/support/gate/gate.ts'
import { openTerminal } from './terminal/terminal.ts'

const URI = 'https://mcp.example.com/mcp'

/** Compares headers with the body where the body is of 2026-07-28; `older` answers bodies of older revisions. */
const strict =
  (older: (response: Parameters<Upstream>[1]) => unknown): Upstream =>
  ({ text, headers }, response) => {
    const { method, params } = JSON.parse(text) as { method: string; params: { name: string; _meta: Record<string, string> } }
    if (params._meta['io.modelcontextprotocol/protocolVersion'] === undefined) return void older(response)
    const agrees = headers['mcp-method'] === method && headers['mcp-name'] === params.name
    response.writeHead(agrees ? 200 : 400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: agrees ? -32_602 : -32_020, message: 'x' } }))
  }

t.test('an operator learns whether headers that lie are refused, and that is kept', async (t) => {
  const good = await startUpstream(
    t,
    strict((response) => response.writeHead(400).end('no json')),
  )
  const both = await startUpstream(
    t,
    strict((response) => response.writeHead(200).end('null')),
  )
  const blind = await startUpstream(t, (_request, response) => void response.writeHead(200).end('{}'))
  const { pipe, look } = openTerminal(t)
  const kept = async () => (await look(({ resources }) => resources.findByIdentifier(URI)))!.gate?.validatesHeaders
  await pipe(`resource add ${URI}`)
  for (const [upstream, output, validates] of [
    [good, /refuses headers that lie/, true],
    [both, /doesn't refuse a body of an older revision:/, false],
    [blind, /doesn't refuse another tool in Mcp-Name, another method in Mcp-Method, a body of an older revision/, false],
  ] as const) {
    t.match(await pipe(`resource check ${URI} --upstream ${upstream.url}`), { code: 0, output })
    t.equal(await kept(), validates)
  }
  t.same(JSON.parse((await pipe(`resource check ${URI} --upstream ${good.url} --json`)).output), {
    validates_headers: true,
    not_refused: [],
  })
  await pipe(`resource update ${URI} --identity headers`)
  t.equal(await kept(), true, 'other changes leave it')
  await pipe(`resource update ${URI} --upstream ${good.url}`)
  t.equal(await kept(), undefined, 'another server has to be asked again')
  t.match(await pipe(`resource check ${URI}`), { code: 1, errors: /--upstream must be/ })
  t.match(await pipe(`resource check ${URI} --upstream http://localhost:1/`), { code: 1, errors: /can't be asked/ })
})
