/** Clients of every origin and in every state, and those that are gone but for what the audit remembers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT, importJWK } from 'jose'
import type { JWK } from 'jose'
import type { ApiResponse } from '#test/support/api.ts'
import type { Facts, KnownClient } from '#test/upgrade/facts.ts'
import { makePrivateJwk, publicPart } from '#test/upgrade/requests.ts'
import { DOCUMENT, FULL_METADATA, SHARED_REGISTRATION, STRICT_METADATA } from './metadata.ts'
import type { Server, Timeline } from './timeline.ts'

type Clients = Record<string, KnownClient>
type Registered = Record<string, unknown> & {
  readonly client_id: string
  readonly token_endpoint_auth_method: KnownClient['method']
  readonly client_secret?: string
  readonly registration_access_token?: string
  readonly redirect_uris: readonly string[]
}

/** @param more the members that the server doesn't say */
export function knownFrom(response: ApiResponse, more: Partial<KnownClient> = {}): KnownClient {
  if (response.statusCode >= 300) throw new Error(response.body)
  const {
    client_id: id,
    client_secret: secret,
    registration_access_token: registrationToken,
    registration_client_uri: _uri,
    ...metadata
  } = response.json<Registered>()
  return {
    id,
    method: metadata.token_endpoint_auth_method,
    redirectUri: metadata.redirect_uris[0] ?? '',
    ...(secret !== undefined && { secret }),
    ...(registrationToken !== undefined && { registrationToken }),
    metadata,
    ...more,
  }
}

const VENDOR = 'https://vendor.example'
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** The clients of the first day. */
export async function registerFirst(server: Server): Promise<Clients> {
  const app = await server.register({
    client_name: 'App',
    redirect_uris: ['https://app.example/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
  })
  const pairwise = await server.register({
    redirect_uris: ['https://pairwise.example/callback'],
    token_endpoint_auth_method: 'none',
    subject_type: 'pairwise',
  })
  return { app: knownFrom(app), pairwise: knownFrom(pairwise) }
}

/** Clients that come and go: what stays of them are events. */
export async function registerPassing(server: Server): Promise<void> {
  await server.register({ client_name: 'Forgotten', redirect_uris: ['https://forgotten.example/callback'] })
  const { id, registrationToken } = knownFrom(await server.register({ redirect_uris: ['https://quitter.example/callback'] }))
  await server.manage('DELETE', id, registrationToken!)
  const refused = await server.register({ redirect_uris: ['http://not-secure.example/callback'] })
  if (refused.statusCode !== 400) throw new Error(refused.body)
}

/** One more of these, by an operator. */
export async function addPassing({ ask, command }: Timeline): Promise<void> {
  await ask('client add --redirect-uri https://managing.example/callback --management viewer')
  const { client_id: removed } = await ask<Registered>('client add --redirect-uri https://removed.example/callback')
  await command(`client delete ${removed} --yes`)
}

/** All others. */
export async function registerOthers(
  timeline: Timeline,
  tokens: Pick<Facts['initialAccessTokens'], 'limited' | 'unlimited'>,
  folder: string,
): Promise<Clients> {
  const own = await timeline.serve((server) => registerOwn(server, tokens))
  const vendor = await makePrivateJwk()
  const file = join(folder, 'vendor.json')
  writeFileSync(file, JSON.stringify({ keys: [publicPart(vendor)] }))
  const special = await timeline.serve((server) => registerSpecial(server, vendor), {
    SHARE_IDENTICAL_CLIENTS: 'true',
    SOFTWARE_STATEMENT_ISSUERS: `${VENDOR}=${file}`,
  })
  return { ...own, ...special, ...(await addByOperator(timeline)) }
}

async function registerOwn(server: Server, tokens: Pick<Facts['initialAccessTokens'], 'limited' | 'unlimited'>): Promise<Clients> {
  const register = async (metadata: object, token?: string) => knownFrom(await server.register(metadata, token))
  const privateJwk = await makePrivateJwk()
  const updated = await register({ redirect_uris: ['https://updated.example/before'] })
  const changes = { client_id: updated.id, redirect_uris: ['https://updated.example/callback'], client_name: 'After the update' }
  return {
    web: await register(FULL_METADATA),
    strict: await register(STRICT_METADATA),
    poster: await register({ redirect_uris: ['https://poster.example/callback'], token_endpoint_auth_method: 'client_secret_post' }),
    signer: {
      ...(await register({
        redirect_uris: ['https://signer.example/callback'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicPart(privateJwk)] },
      })),
      privateJwk,
    },
    native: await register({
      redirect_uris: ['http://127.0.0.1/callback', 'native.example:/callback'],
      token_endpoint_auth_method: 'none',
    }),
    partner: await register({ redirect_uris: ['https://partner.example/callback'], scope: 'openid email' }, tokens.limited),
    selfMade: await register(
      { redirect_uris: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' },
      tokens.unlimited,
    ),
    updated: knownFrom(await server.manage('PUT', updated.id, updated.registrationToken!, changes), {
      secret: updated.secret!,
      previousRegistrationToken: updated.registrationToken!,
    }),
    disabled: await register({ redirect_uris: ['https://disabled.example/callback'] }),
    document: { id: DOCUMENT.client_id, method: 'none', redirectUri: DOCUMENT.redirect_uris[0] },
  }
}

async function addByOperator({ ask }: Timeline): Promise<Clients> {
  const add = async (words: string, method: KnownClient['method'], redirectUri = ''): Promise<KnownClient> => {
    const { client_id: id, client_secret: secret } = await ask<Registered>(`client add ${words}`)
    return { id, method, redirectUri, ...(secret !== undefined && { secret }) }
  }
  const machine = (name: string) =>
    add(`--name "${name}" --confidential --grant-type client_credentials --scope "moons:read comets:read"`, 'client_secret_basic')
  return {
    site: await add('--name Site --redirect-uri https://site.example/callback', 'none', 'https://site.example/callback'),
    machine: await machine('Machine'),
    enabled: await machine('Machine that was disabled'),
  }
}

/** One that others share, and one by a software statement of an issuer that the server trusts for the moment. */
async function registerSpecial(server: Server, vendor: JWK): Promise<Clients> {
  await server.register(SHARED_REGISTRATION)
  const shared = knownFrom(await server.register(SHARED_REGISTRATION))
  const claims = { iss: VENDOR, client_name: 'Vouched for', iat: Math.floor(Date.now() / 1000) }
  const statement = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: vendor.kid! }).sign(await importJWK(vendor, 'ES256'))
  const registration = { redirect_uris: ['https://vouched.example/callback'], software_statement: statement }
  return { shared, vouched: knownFrom(await server.register(registration)) }
}

/** What an operator does to some of them. */
export async function changeClients({ command }: Timeline, clients: Clients): Promise<Clients> {
  const secret = (await command(`client rotate-secret ${clients['web']!.id} --overlap 30d`)).trim()
  await command(`client disable ${clients['disabled']!.id}`)
  return { ...clients, web: { ...clients['web']!, secret, previousSecret: clients['web']!.secret! } }
}

/** For a moment, apps need an operator's approval: those that are in use have it. */
export async function decideOnClients({ command, serve }: Timeline): Promise<NonNullable<Facts['approvals']>> {
  const register = async (server: Server, name: string) =>
    knownFrom(await server.register({ client_name: name, redirect_uris: [`https://${name}.example/callback`] })).id
  const approvals = await serve(
    async (server) => ({
      approved: await register(server, 'approved'),
      refused: await register(server, 'refused'),
      waiting: await register(server, 'waiting'),
    }),
    { CLIENTS: 'approve' },
  )
  await command(`client approve ${approvals.approved}`)
  await command(`client refuse ${approvals.refused}`)
  return approvals
}
