import t from 'tap'
import { createGateScene, startUpstream } from '#test/support/gate/gate.ts'
import { launch, openTab, withoutChromium } from '#test/support/processes/chromium.ts'

t.test('a page of another origin in Chromium, which speaks with an MCP server through the gate', { skip: withoutChromium }, async (t) => {
  const { token, address } = await createGateScene(t, ({ method, text }, response) => {
    if (method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
      return
    }
    response.writeHead(200, {
      'content-type': 'application/json',
      'mcp-session-id': 's1',
      'access-control-allow-origin': 'https://only.example',
    })
    response.end(text)
  })
  const site = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>An app</title>')
  })
  const { page } = await openTab(await launch(t))
  await page.goto(new URL('/', site.url).href)
  const [url, access] = [address, await token()]

  t.test('learns from the refusal where the login is', async (t) => {
    const refused = await page.evaluate(async (url) => {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
      const challenge = response.headers.get('www-authenticate')!
      const metadata = await fetch(/resource_metadata="([^"]*)"/.exec(challenge)![1]!, {
        headers: { 'mcp-protocol-version': '2025-11-25' },
      })
      return { status: response.status, metadata: (await metadata.json()) as object }
    }, url)
    t.match(refused, { status: 401, metadata: { resource: address } })
  })

  t.test('calls, keeps its session, and listens', async (t) => {
    const said = await page.evaluate(
      async ([url, access]) => {
        const headers = { authorization: `Bearer ${access}`, 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' }
        const first = await fetch(url, { method: 'POST', headers, body: '{"id":1}' })
        const session = first.headers.get('mcp-session-id')!
        const more = { ...headers, 'mcp-session-id': session, 'mcp-method': 'tools/list', 'mcp-param-x': 'y', 'last-event-id': '1' }
        const second = await fetch(url, { method: 'POST', headers: more, body: '{"id":2}' })
        const stream = await fetch(url, { headers: { ...more, accept: 'text/event-stream' } })
        const { value } = await stream.body!.getReader().read()
        return { session, second: await second.text(), event: new TextDecoder().decode(value) }
      },
      [url, access] as const,
    )
    t.match(said, { session: /^s1\./, second: '{"id":2}', event: 'data: one\n\n' })
  })
})
