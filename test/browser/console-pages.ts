/** The console with a record of every kind, in a browser: each of its pages, and a task that takes no mouse. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { newId } from '#src/crypto/random.ts'
import { createInitialAccessToken } from '#src/operations/clients/initial-access-tokens.ts'
import { changeGate, keepTools, addResource } from '#src/operations/resources/resources.ts'
import { PROGRAM } from '#src/process/version.ts'
import { CONSOLE } from '#src/schemas/paths.ts'
import { addClient, addGrant, makeClient } from '#test/storage/conformance/records.ts'
import { listen } from '#test/support/app.ts'
import { logIn, openTab } from '#test/support/processes/chromium.ts'
import { contextOf } from '#test/support/people/management-api.ts'

export interface FilledConsole {
  readonly issuer: string
  readonly paths: readonly string[]
  /** Those of single records. */
  readonly details: { readonly person: string; readonly client: string; readonly resource: string }
  /** With which a window is in the console. */
  readonly storageState: Awaited<ReturnType<BrowserContext['storageState']>>
}

const ADDRESS = 'https://mcp.example.com/mcp'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const APPS = [
  { name: 'ChatGPT', host: 'chatgpt.com', days: 40 },
  { name: 'Claude', host: 'claude.ai', days: 12 },
  { name: 'Cursor', host: 'cursor.com', days: 3 },
] as const
const GATE = { upstream: 'http://127.0.0.1:4000/mcp', headers: ['X-Key: env:KEY'], tools: ['*=look'] }

export async function startFilledConsole(t: { teardown(fn: () => unknown): unknown }, browser: Browser): Promise<FilledConsole> {
  const env = { ADMIN: '', RATE_LIMIT_LOGIN: 'off', CLIENTS: 'approve', GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'y' }
  const { issuer, storage, config, clock } = await listen(t, env, { program: PROGRAM })
  const context = contextOf({ storage, config, clock })
  const scopes = [
    { name: 'look', description: 'Look around' },
    { name: 'move', description: 'Move things' },
  ]
  const added = await addResource(context, { identifier: ADDRESS, scopes, scopeKinds: ['look=read'], scopeTools: ['move=push'] })
  if (!added.ok) throw new Error(added.error.message)
  const tools = [{ name: 'push', annotations: { destructiveHint: true } }, { name: 'see' }]
  const known = await keepTools(context, added.value.resource, tools)
  if (known.ok) await changeGate(context, known.value, GATE)
  const [admin] = await storage.users.list()
  const now = Date.now()
  for (const { name, host, days } of APPS) {
    const [createdAt, display] = [now - days * DAY_MS, { client_name: name }]
    const metadata = { ...makeClient().metadata, redirectUris: [`https://${host}/callback`], display }
    const app = await addClient(storage, {
      id: `client_${newId()}`,
      metadata,
      createdAt,
      lastUsedAt: now - days * HOUR_MS,
      approval: 'approved',
    })
    await addGrant(storage, { user: admin!, client: app, grant: { createdAt, expiresAt: now + 30 * DAY_MS, resources: [ADDRESS] } })
  }
  const client = await addClient(storage, { id: `client_${newId()}`, approval: 'waiting', createdAt: now - HOUR_MS })
  await addGrant(storage, { user: admin!, client, grant: { createdAt: now, expiresAt: now + DAY_MS, resources: [ADDRESS] } })
  const bound = await createInitialAccessToken(context, {
    name: 'billing-team',
    uses: 5,
    expires: (30 * DAY_MS) / 1000,
    redirectHosts: ['billing.example.com'],
  })
  if (!bound.ok) throw new Error(bound.error.message)
  await createInitialAccessToken(context, { name: 'ci' })
  await storage.groups.insert({ name: 'staff', description: 'Those who work here', createdAt: now })
  const { page, context: window } = await openTab(browser)
  await page.goto(`${issuer}/admin`)
  await logIn(page)
  await page.locator('body.page-console').waitFor()
  const storageState = await window.storageState()
  await window.close()
  const menu = Object.values(CONSOLE).filter((path) => path !== CONSOLE.leave)
  const person = `/admin/people/${admin!.id}`
  const one = `/admin/clients/client?id=${client.id}`
  const resource = `/admin/resources/${added.value.resource.id}`
  const more = [
    person,
    '/admin/groups/staff',
    one,
    '/admin/clients?q=x&by=name',
    '/admin/clients?order=used',
    resource,
    '/admin/grants?user=nobody',
    '/admin/settings/ISSUER',
    `/admin/rules?user=admin&resource=${encodeURIComponent(ADDRESS)}`,
  ]
  return { issuer, paths: [...menu, ...more], details: { person, client: one, resource }, storageState }
}

/** Presses the tabulator until the element has the focus, as it must show. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
  }
  throw new Error(`the keyboard doesn't reach ${selector}`)
}

/** A group is made, looked at, and deleted after a question. `look` sees each page on the way. */
export async function walkByKeyboard(page: Page, issuer: string, look: (name: string) => Promise<void>): Promise<void> {
  await page.goto(`${issuer}/admin`)
  await tabTo(page, 'nav a[href$="/admin/groups"]')
  await page.keyboard.press('Enter')
  await page.locator('input[name=group]').waitFor()
  await tabTo(page, 'input[name=group]')
  await page.keyboard.type('stars')
  await page.keyboard.press('Enter')
  await page.locator('.notice.info').waitFor()
  await look('after a change')
  await tabTo(page, 'a[href$="/admin/groups/stars"]')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/admin/groups/stars')
  await tabTo(page, 'form[action$="/groups/delete"] button')
  await page.keyboard.press('Enter')
  await page.locator('[name=confirmed]').waitFor({ state: 'attached' })
  await look('a question')
  await tabTo(page, 'main button.danger')
  await page.keyboard.press('Enter')
  await page.waitForURL('**notice=deleted')
}
