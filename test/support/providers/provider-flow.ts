/** An authorization in which somebody logs in by an identity provider, without a socket. */
import type { Page, Person } from '../people/person.ts'
import { startFlow } from '../authorization.ts'
import type { Flow } from '../authorization.ts'
import { CLIENT, PROVIDER, createProvider } from './provider.ts'
import type { TestProvider } from './provider.ts'

export const OIDC = { OIDC_ISSUER: PROVIDER, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret, OIDC_NAME: 'Acme' }

export interface ProviderFlow extends Flow {
  readonly provider: TestProvider
  /** Opens the login page and goes to the provider; where that is. */
  leave(person: Person, url?: string): Promise<URL>
  /** Goes there, logs in, and is back: the page after it. */
  comeBy(person: Person, claims?: Record<string, unknown>, url?: string): Promise<Page>
}

type Teardown = { teardown(fn: () => unknown): unknown }

/** @param env variables besides those of the provider */
export async function startProviderFlow(t: Teardown, env: Record<string, string> = {}, metadata: object = {}): Promise<ProviderFlow> {
  let now = (): number => Date.now()
  const provider = await createProvider(() => now())
  const flow = await startFlow(t, { ...OIDC, ...env }, metadata, undefined, { providerFetch: { fetch: provider.fetch } })
  now = () => flow.clock.now
  const leave: ProviderFlow['leave'] = async (person, url = flow.url()) => {
    const opened = await person.open(url)
    if (opened.away !== undefined) return opened.away
    const { away, page } = await pressProvider(person, opened.page)
    if (away === undefined) throw new Error(page.html)
    return away
  }
  const comeBy: ProviderFlow['comeBy'] = async (person, claims, url) => {
    const { page, away } = await person.open(provider.visit(await leave(person, url), claims))
    if (page === undefined) throw new Error(`away to ${away.href}`)
    return page
  }
  return { ...flow, provider, leave, comeBy }
}

/** Presses the button of a provider. */
export function pressProvider(person: Person, page: Page, name = 'acme') {
  const transaction = page.form!.fields['transaction']!
  const action = new RegExp(`action="([^"]*/login/${name})"`).exec(page.html)![1]!
  return person.submit({ ...page, form: { action, fields: { transaction } } }, {})
}
