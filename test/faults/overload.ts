/** A server that is asked twice what it can carry, for as long as is wanted; and one where everybody logs in at once. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '#src/process/free-port.ts'
import { SECRET } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { scrapeServer } from '#test/support/processes/promtool.ts'
import { createInstallation, startServer } from '#test/support/processes/server-process.ts'
import { arrive, saturate } from './arrivals.ts'
import type { Latencies, Shot } from './arrivals.ts'
import { createCustomers, logIn } from './customers.ts'
import { openJournal } from './journal.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

const FORM = 'application/x-www-form-urlencoded'
const REDIRECT_URI = 'https://client.example/callback'
const CONNECTIONS = 64
const MEMORY_EVERY_MS = 500
/** Tells of the server's memory from inside. */
const MEMORY = `import{writeFileSync}from'node:fs';setInterval(()=>writeFileSync('memory.json',JSON.stringify(process.memoryUsage())),${MEMORY_EVERY_MS}).unref()`
/** Codes, and refresh tokens, that are kept for later: taking the first one of many more costs as much as a request. */
const MOST_KEPT = 10_000
const QUIET_MS = 100
const IN_A_ROW = 20

export interface OverloadReport {
  /** Requests per second that it answers when asked by `CONNECTIONS` at a time. */
  readonly capacity: number
  readonly offered: number
  readonly under: Latencies
  /** Until 20 answers in a row took less than 100 ms each, in ms. */
  readonly recovery: number
  /** Megabytes, twice a second. */
  readonly rss: readonly number[]
  readonly heap: readonly number[]
  /** Its metrics meanwhile. */
  readonly samples: readonly string[]
}

export interface LoginReport {
  readonly before: Latencies
  /** Other requests while logins come in faster than passwords can be checked. */
  readonly during: Latencies
  readonly logins: Latencies
}

/** A server at work: requests of people who come back, and of their clients. */
async function startWork(
  t: Teardown,
): Promise<{ issuer: string; metrics: number; next: () => Shot; login: Shot; memory(): { rss: number; heapUsed: number } }> {
  const metrics = await freePort()
  const installation = await createInstallation(t, {
    METRICS_LISTEN: String(metrics),
    SECRET,
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    RATE_LIMIT_LOGIN: 'off',
    CODE_TTL: '10m',
  })
  const { issuer, folder } = installation
  await startServer(t, installation, { nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(MEMORY)}`] })
  const journal = openJournal(join(folder, 'journal.jsonl'))
  t.teardown(() => journal.close())
  const customers = createCustomers(issuer, journal)
  const { client, cookies } = await logIn(customers)
  await customers.authorize(cookies, client)

  const codes: string[] = []
  const tokens: string[] = []
  const basic = { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}`, 'content-type': FORM }
  const keep = (stock: string[], one: string): void => {
    if (stock.length < MOST_KEPT) stock.push(one)
  }
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
  const query = {
    client_id: client.clientId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'profile offline_access',
    prompt: 'none',
  }
  const authorize: Shot = {
    path: `/authorize?${form(query)}`,
    headers: { cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; ') },
    onAnswer(status, location) {
      const code = status === 303 ? new URL(location).searchParams.get('code') : null
      if (code !== null) keep(codes, code)
    },
  }
  /** A token request that keeps what it used where it isn't answered. */
  const spend = (fields: Record<string, string>, stock: string[], used: string): Shot => ({
    path: '/token',
    headers: basic,
    body: form(fields),
    onAnswer(status, body) {
      if (status === 200) keep(tokens, (JSON.parse(body) as { refresh_token: string }).refresh_token)
      else if (status === 503) keep(stock, used)
    },
  })
  let count = 0
  function next(): Shot {
    count++
    if (count % 4 === 1) return authorize
    const code = count % 4 === 2 ? codes.shift() : undefined
    if (code !== undefined) return spend({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }, codes, code)
    const token = tokens.shift()
    return token === undefined ? authorize : spend({ grant_type: 'refresh_token', refresh_token: token }, tokens, token)
  }

  const person = createPerson(issuer)
  const { page } = await person.open(issuer + authorize.path.replace('&prompt=none', ''))
  const login: Shot = {
    path: '/login',
    headers: {
      'content-type': FORM,
      origin: issuer,
      'sec-fetch-site': 'same-origin',
      cookie: [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    },
    body: form({ ...page!.form!.fields, username: 'admin', password: 'admin123' }),
  }
  writeFileSync(join(folder, 'memory.json'), '{}')
  return {
    issuer,
    metrics,
    next,
    login,
    memory: () => JSON.parse(readFileSync(join(folder, 'memory.json'), 'utf8') || '{}') as { rss: number; heapUsed: number },
  }
}

/** @param factor how many times what it can carry */
export async function overload(
  t: Teardown,
  { warmUp, seconds, factor = 2 }: { warmUp: number; seconds: number; factor?: number },
): Promise<OverloadReport> {
  const { issuer, metrics, next, memory } = await startWork(t)
  await saturate(issuer, warmUp, CONNECTIONS, next)
  const { served: capacity } = await saturate(issuer, warmUp, CONNECTIONS, next)
  const rss: number[] = []
  const heap: number[] = []
  const watching = setInterval(() => {
    const now = memory()
    if (now.rss === undefined) return
    rss.push(now.rss / 2 ** 20)
    heap.push(now.heapUsed / 2 ** 20)
  }, MEMORY_EVERY_MS)
  const scraping = scrapeServer(t, metrics)
  const under = await arrive(issuer, seconds, factor * capacity, next).finally(() => clearInterval(watching))
  const samples = await scraping.end()
  return { capacity, offered: factor * capacity, under, recovery: await recover(issuer, next), rss, heap, samples }
}

async function recover(issuer: string, next: () => Shot): Promise<number> {
  const begun = performance.now()
  for (let quick = 0; quick < IN_A_ROW;) {
    const { failed, shed, p99 } = await saturate(issuer, 0, 1, next)
    quick = failed === 0 && shed === 0 && p99 < QUIET_MS ? quick + 1 : 0
    if (performance.now() - begun > 60_000) return Infinity
  }
  return performance.now() - begun
}

/** @param perSecond of other requests: fewer than it can carry */
export async function loginOverload(
  t: Teardown,
  { seconds, perSecond, loginsPerSecond }: { seconds: number; perSecond: number; loginsPerSecond: number },
): Promise<LoginReport> {
  const { issuer, next, login } = await startWork(t)
  await saturate(issuer, 1, 8, next)
  const before = await arrive(issuer, seconds, perSecond, next)
  const [during, logins] = await Promise.all([
    arrive(issuer, seconds, perSecond, next),
    arrive(issuer, seconds, loginsPerSecond, () => login),
  ])
  return { before, during, logins }
}
