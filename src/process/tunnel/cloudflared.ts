/** cloudflared as a process: a public address that leads to this machine. Owns its start and end; not what is served there (tunnel.ts). */
import { spawn } from 'node:child_process'
import type { Environment } from '../../config/kinds.ts'

export interface Tunnel {
  /** Its address, if it made one up. */
  readonly address: string | undefined
  /** In words, once it is over. */
  readonly ended: Promise<string>
  end(): void
}

const QUICK = /https:\/\/[a-z0-9-]+\.trycloudflare\.com(?![\w.-])/
/** How long it may take to print an address, in ms. */
const PATIENCE_MS = 60_000

/** There is no tunnel; `message` says what to do. */
export class NoTunnel extends Error {}

/** @param token of a named tunnel, whose address is configured elsewhere */
export async function startCloudflared(
  variables: Environment,
  port: number,
  token: string | undefined,
  patienceMs = PATIENCE_MS,
): Promise<Tunnel> {
  const to = token === undefined ? ['--url', `http://localhost:${port}`] : ['run']
  // It needs none of our settings, and a Ctrl-C reaches it through us.
  const { PATH, HOME } = variables
  const child = spawn('cloudflared', ['tunnel', '--no-autoupdate', ...to], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }), ...(token !== undefined && { TUNNEL_TOKEN: token }) },
  })
  const end = () => void child.kill('SIGTERM')
  process.once('exit', end)
  let said = ''
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'ENOENT' : error.message))
    child.once('exit', (code, signal) => resolve(`it ended (${signal ?? `code ${code}`})`))
  })
  void ended.then(() => process.off('exit', end))
  const address = await new Promise<string | undefined>((resolve, reject) => {
    const late = setTimeout(() => reject(new NoTunnel('cloudflared printed no address in time.')), patienceMs)
    const done = (found: string | undefined) => {
      clearTimeout(late)
      resolve(found)
    }
    const look = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000)
      const [found] = QUICK.exec(said) ?? []
      if (token === undefined && found !== undefined) done(found)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    if (token !== undefined) child.once('spawn', () => done(undefined))
    void ended.then((why) => {
      clearTimeout(late)
      reject(new NoTunnel(why === 'ENOENT' ? HOW_TO_GET_IT : `cloudflared doesn't run: ${why}. It said: ${said.trim().slice(-500)}`))
    })
  }).catch((error: unknown) => {
    end()
    throw error
  })
  return { address, ended, end }
}

const HOW_TO_GET_IT = `--tunnel needs cloudflared, which is not installed here.
macOS: brew install cloudflared. Linux and Windows: https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/`
