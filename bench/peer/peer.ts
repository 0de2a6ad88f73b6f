/** A server that others use for the same purpose, beside ours: `oidc-provider`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { prepare, register } from '../rows/prepare.ts'
import { startProcess } from '../servers/processes.ts'
import type { ServerProcess } from '../servers/processes.ts'
import type { Prepared } from '../rows/scenarios.ts'

export function startPeer(): Promise<ServerProcess> {
  const script = fileURLToPath(new URL('server.ts', import.meta.url))
  return startProcess(['--import', 'tsx', script], '/jwks', (port) => ({ PORT: String(port), NODE_ENV: 'production' }))
}

export async function preparePeer(url: string): Promise<Prepared> {
  const machine = await register(url, { redirect_uris: [], response_types: [], grant_types: ['client_credentials'] })
  const prepared = await prepare(url, (cookie) => cookie.startsWith('_session')) // its other cookies have a path
  return { ...prepared, machine, ownTokensOnly: true }
}

/** What a reader of the figures has to know about it. */
export function peerNotes(): string[] {
  const manifest = new URL('../package.json', import.meta.resolve('oidc-provider'))
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return [
    `Peer: \`oidc-provider\` ${version}, set up to do the same on the same paths: ES256 access tokens for a resource, RS256 id_tokens, registration, a new refresh token at each use, login without a page.`,
    'The peer keeps everything in the memory of its process, while our server has on the disk what it answers. ' +
      'Its own adapter would hold one or two thousand records and slow down with each token of a grant, so it has a faster one here: plain maps.',
    'The peer knows no providers: in the row `refresh, by a provider` it refreshes for the same person as in the row `refresh`.',
    'The peer answers UserInfo and introspection for opaque tokens only, so these rows ask it with such tokens: it looks them up and verifies no signature, ' +
      'and a first sight costs it the same as any other. In the row `authorize, exchange and userinfo` it therefore signs one token where our server signs two.',
  ]
}
