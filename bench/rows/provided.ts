/** A person whom an identity provider let in, beside the one with a password: the provider runs in this process. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createPerson } from '../../test/support/people/person.ts'
import { CLIENT, createProvider } from '../../test/support/providers/provider.ts'
import { OPENID_SCOPE, RESOURCE, authorization, pathOf } from './requests.ts'
import type { Credentials } from './requests.ts'

export interface Door {
  /** What a server has to be told, so that people come in by the provider. */
  readonly settings: Record<string, string>
  /** Logs the person in there; where the browser comes back. */
  visit(url: URL): URL
  stop(): Promise<unknown>
}

const PERSON = { sub: 'helen', email: 'helen@acme.example', email_verified: true }

/** Answers on the loopback interface for as long as servers may ask it again about the person. */
export async function openDoor(): Promise<Door> {
  const server = createServer(async (request, response) => {
    const answer = await provider.fetch(issuer + request.url, await initOf(request))
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = await createProvider(Date.now, issuer)
  return {
    settings: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret, ADMIT: PERSON.email },
    visit: (url) => provider.visit(url, PERSON),
    async stop() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function initOf(request: IncomingMessage): Promise<RequestInit> {
  const { method = 'GET', headers } = request
  const known = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : []))
  return { method, headers: known, ...(method === 'POST' && { body: await text(request) }) }
}

/**
 * The cookies of the person, who allowed the client everything.
 *
 * @returns `undefined` for a server that knows no providers, such as a checkout of an older version
 */
export async function comeBy(door: Door, url: string, client: Credentials): Promise<string | undefined> {
  const person = createPerson(url)
  const address = url + pathOf(authorization(client.client_id, OPENID_SCOPE, RESOURCE))
  const { page } = await person.open(address)
  const action = /action="([^"]*\/login\/oidc)"/.exec(page?.html ?? '')?.[1]
  if (page?.form === undefined || action === undefined) return undefined
  const { away } = await person.submit({ ...page, form: { ...page.form, action } }, {})
  if (away === undefined) throw new Error(`the server did not send the person to ${door.settings['OIDC_ISSUER']}`)
  await person.open(door.visit(away))
  await person.authorize(address)
  return [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}
