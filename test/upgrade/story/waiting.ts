/** What waits for somebody for a short while, or did: codes, pushed requests, devices; and what counts only once. */
import type { Facts, KnownClient } from '#test/upgrade/facts.ts'
import { VERIFIER, issuedBy, makePrivateJwk, thumbprintOf } from '#test/upgrade/requests.ts'
import { LOCKED_OUT, PEOPLE } from './people.ts'
import type { Server } from './timeline.ts'

type Waiting = Facts['waiting']
type Device = Waiting['devices']['waiting']
type Clients = Readonly<Record<string, KnownClient>>

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

export async function askFromDevice(server: Server, app: KnownClient): Promise<Device> {
  const response = await server.send(app, '/device_authorization', { scope: 'openid offline_access' })
  const { device_code: deviceCode, user_code: userCode } = response.json<{ device_code: string; user_code: string }>()
  return { deviceCode, userCode }
}

/** Types the code of the device, and decides. */
export async function decide(server: Server, { userCode }: Device, decision: 'allow' | 'deny', login = PEOPLE.helen): Promise<void> {
  const person = server.browserOf(login)
  const { page: first } = await person.open(`${server.issuer}/device`)
  const { page: form } = /type="password"/.test(first!.html) ? await person.submit(first!, login) : { page: first }
  const { page: question } = await person.submit(form!, { user_code: userCode })
  const { page: done } = await person.submit(question!, { decision })
  if (!/page-device-done/.test(done?.html ?? '')) throw new Error(done?.html)
}

export const pollAsDevice = (server: Pick<Server, 'send'>, app: KnownClient, { deviceCode }: Device) =>
  server.send(app, '/token', { grant_type: DEVICE_GRANT, device_code: deviceCode })

export async function push(server: Server, client: KnownClient): Promise<string> {
  const { searchParams } = new URL(server.authorizeUrl(client))
  const response = await server.send(client, '/par', Object.fromEntries(searchParams))
  return response.json<{ request_uri: string }>().request_uri
}

/** All that is still good at the end, and what was used before it. */
export async function leaveWaiting(
  server: Server,
  clients: Clients,
): Promise<Omit<Waiting, 'expiredCode' | 'usedProof' | 'devices'> & { readonly devices: Omit<Waiting['devices'], 'expired'> }> {
  const [app, web, signer] = [clients['app']!, clients['web']!, clients['signer']!]
  const person = server.browserOf(PEOPLE.helen)
  const authorize = (changes = {}) => server.authorize(person, app, changes, PEOPLE.helen)

  const usedCode = await authorize()
  const { refresh_token: refreshToken } = issuedBy(await server.exchange(app, usedCode))
  const boundKey = await makePrivateJwk()
  const usedAssertion = await server.assertionOf(signer)
  await server.send({ ...signer, method: 'none' }, '/introspect', {
    token: 'any',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: usedAssertion,
  })
  const used = await push(server, web)
  await person.authorize(`${server.issuer}/authorize?client_id=${web.id}&request_uri=${used}`)

  const [waiting, allowed, denied, redeemed] = [
    await askFromDevice(server, app),
    await askFromDevice(server, app),
    await askFromDevice(server, app),
    await askFromDevice(server, app),
  ] as const
  await decide(server, allowed, 'allow')
  await decide(server, denied, 'deny')
  await decide(server, redeemed, 'allow')
  issuedBy(await pollAsDevice(server, app, redeemed))

  return {
    usedCode: { code: usedCode, refreshToken },
    boundKey,
    usedAssertion,
    devices: { waiting, allowed, denied, redeemed },
    pushed: { used, waiting: await push(server, web) },
    code: await authorize({ nonce: 'a nonce' }),
    codeWithoutRedirect: await authorize({ redirect_uri: undefined, scope: 'profile offline_access' }),
    plainCode: await authorize({ code_challenge: VERIFIER, code_challenge_method: 'plain' }),
    boundCode: await authorize({ dpop_jkt: await thumbprintOf(boundKey) }),
  }
}

/** Somebody guesses passwords until nobody may any more. */
export async function guessPasswords(server: Server, app: KnownClient): Promise<void> {
  const person = server.person()
  let { page } = await person.open(server.authorizeUrl(app))
  for (let tries = 0; page?.status !== 429; tries++) {
    if (tries > 20) throw new Error('nobody is ever locked out')
    page = (await person.submit(page!, { username: LOCKED_OUT, password: `guess ${tries}` })).page
  }
}
