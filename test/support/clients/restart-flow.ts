/** A client's whole way with a restart after each step, even while the login page and the consent page are open. */
import type { Test } from 'tap'
import { accept, attempt, codeForm, postToken, refresh, setUp, tokensOf } from './client-flow.ts'
import type { Device } from './client-flow.ts'
import type { ClientDescription } from './clients.ts'
import { createPerson } from '../people/person.ts'

/** @param restart ends the server in whatever way, starts it again over the same database, and resolves once it is ready */
export async function goWithRestarts(t: Test, issuer: string, description: ClientDescription, restart: () => Promise<void>): Promise<void> {
  const device: Device = await setUp(t, issuer, description)
  await restart()
  const { url, state, verifier } = attempt(device)
  const person = createPerson(issuer)
  const login = await person.open(url)
  await restart()
  const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
  t.match(consent.page?.html, /value="allow"/, 'the open login page still works')
  await restart()
  const { away } = await person.submit(consent.page!, { decision: 'allow' })
  t.match(Object.fromEntries(away!.searchParams), { code: String, state, iss: issuer }, 'the session and the open consent page still work')
  await restart()
  const first = await tokensOf(t, await postToken(device, codeForm(device, away!, verifier)))
  await restart()
  await accept(issuer, device, first.access_token)
  t.equal(await userInfoStatus(device, first.access_token), 200, 'the key and the grant are still there')
  const second = await tokensOf(t, await refresh(device, first.refresh_token))
  await restart()
  const third = await tokensOf(t, await refresh(device, second.refresh_token))
  t.equal(third.scope, first.scope)
  t.equal(await userInfoStatus(device, third.access_token), 200)

  t.equal((await refresh(device, first.refresh_token)).status, 400, 'that a token was used is remembered, too')
  await restart()
  t.equal((await refresh(device, third.refresh_token)).status, 400, 'and so is the death of its family')
  t.equal(await userInfoStatus(device, third.access_token), 401)
}

async function userInfoStatus({ metadata }: Device, token: string): Promise<number> {
  const response = await fetch(metadata['userinfo_endpoint']!, { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  return response.status
}
