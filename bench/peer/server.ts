/** The peer in a process of its own. It logs everybody in and takes their consent for granted, so that no page has to be filled in. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Provider } from 'oidc-provider'
import { OPENID_SCOPE, RESOURCE } from '../rows/requests.ts'
import { peerConfiguration } from './configuration.ts'

const port = Number(process.env['PORT'])
const provider = new Provider(`http://localhost:${port}`, await peerConfiguration())

async function logInAndAllow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response)
  const grant = new provider.Grant({ accountId: 'admin', clientId: params['client_id']! })
  grant.addOIDCScope(OPENID_SCOPE)
  grant.addResourceScope(RESOURCE, OPENID_SCOPE)
  await provider.interactionFinished(request, response, {
    login: { accountId: 'admin' },
    consent: { grantId: await grant.save() },
  })
}

const answer = provider.callback()
const server = createServer((request, response) => {
  if (request.url!.startsWith('/interaction/')) void logInAndAllow(request, response)
  else answer(request, response)
})
server.listen(port, 'localhost')
process.once('SIGTERM', () => {
  server.close()
  server.closeIdleConnections()
})
