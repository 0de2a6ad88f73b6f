/** An installation that was filled before, under the server of this version, at the moment when the story ended. */
import type { Test } from 'tap'
import { createApp } from '#test/support/app.ts'
import { createProvider } from '#test/support/providers/provider.ts'
import type { TestProvider } from '#test/support/providers/provider.ts'
import type { TestApp } from '#test/support/app.ts'
import type { Facts, KnownClient, KnownPerson } from './facts.ts'
import { requestsTo } from './requests.ts'
import type { Requests } from './requests.ts'
import { nowhere } from './story/fill.ts'

export interface Installation extends TestApp, Requests {
  readonly databaseUrl: string
  readonly facts: Facts
  readonly provider: TestProvider
  /** Somebody who can log in, and of whom all is known. */
  readonly helen: KnownPerson
  /** A client by its name in the facts. */
  client(name: string): KnownClient
}

/** @param settings other than those that it ran with */
export async function openInstallation(
  t: Test,
  databaseUrl: string,
  facts: Facts,
  settings: Record<string, string> = {},
): Promise<Installation> {
  const env = { ...facts.settings, ...settings, DATABASE_URL: databaseUrl }
  const now = facts.at + 1000
  const provider = await createProvider(() => now)
  const made = await createApp(t, env, undefined, { now, safeFetch: { lookup: nowhere }, providerFetch: { fetch: provider.fetch } })
  const helen = facts.people.active.find(({ username }) => username === 'helen')!
  return { ...made, ...requestsTo(made), databaseUrl, facts, provider, helen, client: (name) => facts.clients[name]! }
}

/** A check of one side of an installation. */
export type Check = (t: Test, installation: Installation) => Promise<void>
