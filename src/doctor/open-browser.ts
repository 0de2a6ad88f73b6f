/** Opens the user's browser if the system can. Nothing depends on it, since the address is printed too. */
import { spawn } from 'node:child_process'

/** The program and its arguments; no shell reads the address. */
export function browserCommand(platform: NodeJS.Platform, url: string): [string, ...string[]] {
  if (platform === 'darwin') return ['open', url]
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url]
  return ['xdg-open', url]
}

export function openBrowser(url: string): void {
  const [program, ...args] = browserCommand(process.platform, url)
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
