/** A real Chromium without a window, that reaches this machine only. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { ADMIN } from '../app.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** The same engine without what is around a page: half the CPU time, or less. It asks for no icons and shows no prompts of the browser's own. */
const SHELLS = ['chromium-headless-shell', 'chrome-headless-shell']

function findExecutable(names: readonly string[]): string | undefined {
  const given = process.env['CHROMIUM']
  if (given !== undefined && given !== '') return given
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const whole = findExecutable(NAMES)
const shell = findExecutable(SHELLS)

/** Why tests that need a browser are left out; `false` if they aren't. Handed to tap's `skip`. */
export const withoutChromium: string | false =
  whole === undefined && shell === undefined ? 'no Chromium found: install one, or name it in the variable CHROMIUM' : false

/** How long a page may take, in ms, before its test fails. */
const PATIENCE = 20_000

type Teardown = { teardown(fn: () => unknown): unknown }

/**
 * Launches the browser, which ends with the test: the shell, where it is installed.
 *
 * @param hosts names that aren't looked up but found at an address, as `{ 'client.example': '127.0.0.1:8443' }`
 */
export const launch = async (t: Teardown, hosts: Record<string, string> = {}): Promise<Browser> => start(t, (shell ?? whole)!, hosts)

/** The same with all that a browser is for a person, where it is installed. */
export const launchWhole = async (t: Teardown, hosts: Record<string, string> = {}): Promise<Browser> => start(t, (whole ?? shell)!, hosts)

async function start(t: Teardown, executablePath: string, hosts: Record<string, string>): Promise<Browser> {
  const rules = [
    ...Object.entries(hosts).map(([host, address]) => `MAP ${host} ${address}`),
    'MAP * ~NOTFOUND',
    'EXCLUDE localhost',
    'EXCLUDE 127.0.0.1',
  ]
  const browser = await chromium.launch({
    executablePath,
    timeout: PATIENCE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--no-proxy-server',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${rules.join(', ')}`,
    ],
  })
  t.teardown(() => browser.close())
  return browser
}

export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** What the browser complained about, in this window and all it opened: scripts, policies, resources. */
  readonly complaints: string[]
}

/** A window of a person who has never been here. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ locale: 'en-GB', ignoreHTTPSErrors: true, ...options })
  context.setDefaultTimeout(PATIENCE)
  const complaints: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return { page: await context.newPage(), context, complaints }
}

/** Fills in the login page, by mouse. */
export async function logIn(page: Page, { username, password } = ADMIN): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export const allow = (page: Page): Promise<void> => page.getByRole('button', { name: 'Allow' }).click()
