/**
 * The life of an installation: servers that start and stop, an operator who types commands in between, and a clock that
 * the story moves. The clock is that of the process, because commands read it.
 */
import { PassThrough, Readable } from 'node:stream'
import { run } from '#src/cli/run.ts'
import type { SafeFetchOptions } from '#src/fetch/safe-fetch.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { createApp } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import type { Person } from '#test/support/people/person.ts'
import { requestsTo } from '#test/upgrade/requests.ts'
import type { Login, Requests } from '#test/upgrade/requests.ts'

export interface Server extends Pick<TestApp, 'config' | 'storage'>, Requests {
  /** The browser of somebody, who logs in no more than once while this server runs: passwords cost time. */
  browserOf(login: Login): Person
}

export interface Timeline {
  /** When the story ends, in ms. */
  readonly end: number
  /** The settings from now on. */
  settings: Readonly<Record<string, string>>
  /** Goes on until so much time is left, in ms. */
  goOnUntil(left: number): void
  /** Types a command; what it prints. */
  command(words: string, input?: string): Promise<string>
  /** The same of one that prints JSON. */
  ask<T>(words: string): Promise<T>
  /** Starts a server for some work, and stops it. */
  serve<T>(work: (server: Server) => Promise<T>, settings?: Record<string, string>): Promise<T>
}

export interface TimelineOptions {
  readonly databaseUrl: string
  readonly settings: Readonly<Record<string, string>>
  readonly end: number
  /** Where addresses of clients lead. */
  readonly safeFetch: SafeFetchOptions
}

/** Runs `story`; the clock is the real one again after it. */
export async function withTimeline<T>(options: TimelineOptions, story: (timeline: Timeline) => Promise<T>): Promise<T> {
  const { databaseUrl, end, safeFetch } = options
  const timeline: Timeline = {
    end,
    settings: options.settings,
    goOnUntil: (left) => void (Date.now = () => end - left),
    command: (words, input = '') => runCommand(words, input, { ...timeline.settings, DATABASE_URL: databaseUrl }),
    ask: async <T>(words: string) => JSON.parse(await timeline.command(`${words} --json`)) as T,
    async serve(work, settings = {}) {
      const endings: (() => unknown)[] = []
      const teardown = (ending: () => unknown) => endings.push(ending)
      const env = { ...timeline.settings, ...settings, DATABASE_URL: databaseUrl }
      const made = await createApp({ teardown }, env, undefined, { running: true, safeFetch })
      try {
        return await work(createServer(made))
      } finally {
        for (const ending of endings) await ending()
      }
    },
  }
  const realNow = Date.now
  try {
    return await story(timeline)
  } finally {
    Date.now = realNow
  }
}

function createServer(made: TestApp): Server {
  const requests = requestsTo(made)
  const browsers = new Map<Login, Person>()
  const browserOf = (login: Login): Person => {
    const browser = browsers.get(login) ?? requests.person()
    browsers.set(login, browser)
    return browser
  }
  return { config: made.config, storage: made.storage, ...requests, browserOf }
}

/** @throws if it ends with another exit code than 0 */
export async function runCommand(words: string, input: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const printed = { output: '', errors: '' }
  const collect = (name: 'output' | 'errors') =>
    new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (printed[name] += chunk))
  const surroundings = { input: Readable.from([Buffer.from(input)]), output: collect('output'), errors: collect('errors') }
  const code = await run(splitWords(words), { ...surroundings, variables, program: 'solar' })
  await new Promise((resolve) => setImmediate(resolve))
  if (code !== 0) throw new Error(`${words}: ${printed.errors}`)
  return printed.output
}

/** What the sweeper of a running server does: keys, then all that is over. */
export async function sweep({ config, storage }: Pick<TestApp, 'config' | 'storage'>, now: number): Promise<void> {
  if (!(await storage.leases.take('sweep', 'a node', now, now + 120_000))) throw new Error('another node sweeps')
  await (await loadKeyset(storage.keys, config.secret!, now)).rotateDue(now)
  while ((await storage.sweep(now, 50, config)) > 0);
}

/** Blanks part words, but not within double quotes. */
const splitWords = (line: string): string[] => [...line.matchAll(/"([^"]*)"|\S+/g)].map((match) => match[1] ?? match[0])
