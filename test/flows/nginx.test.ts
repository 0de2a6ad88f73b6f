// Behind nginx with the one header that the documents ask for, and no buffer enlarged. Needs the program, or its path in NGINX.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { listen } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'

const program = process.env['NGINX'] ?? (existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx')
const missing = spawnSync(program, ['-v']).status !== 0 && 'nginx is not installed'
const ADDRESS_HEADER = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'

/** The server behind nginx, whose address is the issuer. */
async function start(t: Test, headers: string): Promise<string> {
  const folder = t.testdir()
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const { issuer: upstream } = await listen(t, { ISSUER: issuer, TRUST_PROXY: '1' })
  const { port: behind } = new URL(upstream)
  const conf = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  writeFileSync(
    conf,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off; ${paths}
      server { listen 127.0.0.1:${port}; listen [::1]:${port}; location / { proxy_pass http://localhost:${behind}; ${headers} } }
    }`,
  )
  const child = spawn(program, ['-p', folder, '-c', conf], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${issuer}/readyz`).catch(() => undefined)
    if (answer?.ok === true) return issuer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nginx did not answer in time')
}

async function authorizationUrl(issuer: string, more: Record<string, string>): Promise<URL> {
  const registered = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://app.example/callback'], token_endpoint_auth_method: 'none' }),
  })
  const { client_id } = (await registered.json()) as { client_id: string }
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: 'https://app.example/callback',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    ...more,
  })
  return new URL(`${issuer}/authorize?${query.toString()}`)
}

t.test('a person comes through nginx as it is, however much the client sends along', { skip: missing }, async (t) => {
  const issuer = await start(t, ADDRESS_HEADER)
  for (const length of [10, 1300, 3000]) {
    const state = 's'.repeat(length)
    const url = await authorizationUrl(issuer, { state, nonce: 'n'.repeat(Math.min(length, 1300)) })
    const away = await createPerson(issuer).authorize(url)
    t.equal(away.origin, 'https://app.example', `${url.href.length} characters`)
    t.equal(away.searchParams.get('state'), state)
    t.ok(away.searchParams.has('code'))
  }
})

t.test('a page is shown although nginx puts its own name into Host', { skip: missing }, async (t) => {
  const issuer = await start(t, ADDRESS_HEADER)
  const answer = await fetch(`${issuer}/`, { headers: { accept: 'text/html' }, redirect: 'manual' })
  t.equal(answer.status, 200)
})

t.test('a person who comes to nginx by another name is led to the issuer once', { skip: missing }, async (t) => {
  const issuer = await start(t, `${ADDRESS_HEADER} proxy_set_header X-Forwarded-Host $http_host;`)
  const { port } = new URL(issuer)
  const elsewhere = `http://127.0.0.1:${port}`
  const led = await fetch(`${elsewhere}/?ui_locales=ko`, { headers: { accept: 'text/html' }, redirect: 'manual' })
  t.equal(led.status, 303)
  const target = led.headers.get('location')!
  t.match(target, `${issuer}/?ui_locales=ko`)
  const there = await fetch(target, { headers: { accept: 'text/html' }, redirect: 'manual' })
  t.equal(there.status, 200)
  const again = await fetch(target.replace(issuer, elsewhere), { headers: { accept: 'text/html' }, redirect: 'manual' })
  t.equal(again.status, 200, 'never twice')
})
