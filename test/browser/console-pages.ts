/** The console with a record of every kind, in a browser: each of its pages, and a task that takes no mouse. */
import type { Test } from 'tap'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { changeGate, keepTools, addResource } from '#src/operations/resources/resources.ts'
import { CONSOLE } from '#src/schemas/paths.ts'
import { addClient, addGrant } from '#test/storage/conformance/records.ts'
import { listen } from '#test/support/app.ts'
import { logIn, openTab } from '#test/support/processes/chromium.ts'
import { contextOf } from '#test/support/people/management-api.ts'

export interface FilledConsole {
  readonly issuer: string
  readonly paths: readonly string[]
  /** With which a window is in the console. */
  readonly storageState: Awaited<ReturnType<BrowserContext['storageState']>>
}

const ADDRESS = 'https://mcp.example.com/mcp'
const GATE = { upstream: 'http://127.0.0.1:4000/mcp', headers: ['X-Key: env:KEY'], tools: ['*=look'] }

export async function startFilledConsole(t: Test, browser: Browser): Promise<FilledConsole> {
  const { issuer, storage, config, clock } = await listen(t, {
    RATE_LIMIT_LOGIN: 'off',
    CLIENTS: 'approve',
    GOOGLE_CLIENT_ID: 'x',
    GOOGLE_CLIENT_SECRET: 'y',
  })
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
  const client = await addClient(storage, { approval: 'waiting' })
  const now = Date.now()
  await addGrant(storage, { user: admin!, client, grant: { createdAt: now, expiresAt: now + 86_400_000, resources: [ADDRESS] } })
  await storage.groups.insert({ name: 'staff', description: 'Those who work here', createdAt: now })
  const { page, context: window } = await openTab(browser)
  await page.goto(`${issuer}/admin`)
  await logIn(page)
  await page.locator('body.page-console').waitFor()
  const storageState = await window.storageState()
  await window.close()
  const menu = Object.values(CONSOLE).filter((path) => path !== CONSOLE.leave)
  const details = [
    `/admin/people/${admin!.id}`,
    '/admin/groups/staff',
    `/admin/clients/client?id=${client.id}`,
    '/admin/clients?q=x&by=name',
    '/admin/clients?order=used',
    `/admin/resources/${added.value.resource.id}`,
    '/admin/grants?user=nobody',
    '/admin/settings/ISSUER',
    `/admin/rules?user=admin&resource=${encodeURIComponent(ADDRESS)}`,
  ]
  return { issuer, paths: [...menu, ...details], storageState }
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
