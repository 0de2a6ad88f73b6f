/** "From port 3001 to ChatGPT in five minutes": the steps of docs/gate.md are counted, and done, with a client of ChatGPT's shape. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { CLIENTS } from '#src/doctor/clients.ts'
import { freePort } from '#src/process/free-port.ts'
import { installCloudflared } from '#test/support/processes/cloudflared.ts'
import { gone } from '#test/support/gate/commands.ts'
import { LIST, answerOk, startUpstream } from '#test/support/gate/gate.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT, spawnNode } from '#test/support/processes/processes.ts'

const guide = readFileSync(join(ROOT, 'docs/gate.md'), 'utf8')
const section = /## From port 3001 to ChatGPT in five minutes\n(.*?)\n## /s.exec(guide)![1]!
const MOST_STEPS = 4
const ORIGIN = 'https://your-name.trycloudflare.com'

/** What a tunnel does: what is asked of the public address comes from this machine, which says so in headers. */
const through =
  (port: number): typeof fetch =>
  (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(input as string)
      if (url.origin !== ORIGIN) return reject(new Error(`nothing but the public address is asked: ${url.href}`))
      const headers = {
        ...(init.headers as Record<string, string>),
        host: url.host,
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-proto': 'https',
      }
      const sent = request({
        host: '127.0.0.1',
        port,
        path: url.pathname + url.search,
        method: init.method ?? 'GET',
        headers,
        agent: new Agent(),
      })
      sent.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = []
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            const returned = new Headers()
            for (const [name, value] of Object.entries(response.headers))
              for (const each of [value ?? []].flat()) returned.append(name, each)
            const isEmpty = [204, 304].includes(response.statusCode!)
            resolve(new Response(isEmpty ? null : Buffer.concat(chunks), { status: response.statusCode!, headers: returned }))
          })
      })
      sent.end(init.body)
    })

t.test('an operator who does what the guide says has ChatGPT connected after four steps', async (t) => {
  const steps = [...section.matchAll(/^\d\. /gm)].length
  t.ok(steps > 0 && steps <= MOST_STEPS, `${steps} steps`)

  // 1: an MCP server on a port.
  const upstream = await startUpstream(t, answerOk)
  // 2: the command of the guide, with that port.
  const [, words] = /npm run protect -- (\S+ --tunnel)\n/.exec(section)!
  const { folder, path, calls } = installCloudflared(t, `echo "INF | ${ORIGIN} |" >&2\nexec sleep 60`)
  const port = await freePort()
  const env = { PORT: String(port), PATH: path }
  const args = words!.replace('http://localhost:3001/mcp', upstream.url).split(' ')
  const running = spawnNode(t, 'src/cli.ts', ['protect', ...args], { cwd: folder, env })
  const printed = await running.printed('is the issuer')
  const [, password] = /Password +of admin: (\S+)/.exec(printed)!
  const [, address] = /apps connect to (\S+\/mcp),/.exec(printed)!

  // 3: ChatGPT gets the address alone.
  const send = through(port)
  const json = async (url: string, init?: RequestInit) => (await (await send(url, init)).json()) as Record<string, string & string[]>
  const body = JSON.stringify(LIST)
  const type = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const refused = await send(address!, { method: 'POST', headers: type, body })
  t.equal(refused.status, 401)
  const [, metadataUrl] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate')!)!
  const resource = await json(metadataUrl!)
  const server = await json(`${resource['authorization_servers']![0]}/.well-known/oauth-authorization-server`)
  const { registration, redirectUri } = CLIENTS.find(({ id }) => id === 'chatgpt')! as { registration?: object; redirectUri: string }
  const client = await json(server['registration_endpoint']!, { method: 'POST', headers: type, body: JSON.stringify(registration) })

  // 4: log in with the password that was printed, and allow.
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client['client_id']!,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: resource['resource']!,
    state: 's',
  })
  const person = createPerson(ORIGIN, send)
  const callback = await person.authorize(`${server['authorization_endpoint']}?${query}`, { username: 'admin', password: password! })
  t.equal(callback.origin + callback.pathname, redirectUri)
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code')!,
    redirect_uri: redirectUri,
    client_id: client['client_id']!,
    code_verifier: verifier,
    resource: resource['resource']!,
    ...(client['client_secret'] !== undefined && { client_secret: client['client_secret'] }),
  })
  const tokens = await json(server['token_endpoint']!, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  })
  const answer = await send(address!, { method: 'POST', headers: { ...type, authorization: `Bearer ${tokens['access_token']}` }, body })
  t.equal(answer.status, 200)
  t.match(upstream.requests, [{ url: '/mcp' }], 'the server on the port got one request, which was allowed')
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0 })
  t.ok(await gone(calls()[0]!.pid), 'the tunnel ends with the server')
})
