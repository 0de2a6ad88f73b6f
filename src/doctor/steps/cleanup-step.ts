/** Takes the client away again where the server lets clients do so (RFC 7592 section 2.3). */
import { adviceForStatus, browserOrigin, endpointProblem } from '../probe/judge.ts'
import { clientStep, type Context, type Document, failed, noted, type Outcome, passed, skipped, unanswered } from '../probe/step.ts'

export const clientIsDeleted = clientStep('The registered client is deleted again', deleteClient)

/** @returns passed, or noted as `deletion-status`, if the client is gone; every other outcome says that it stays. */
export async function deleteClient({ reply: registered, members }: Document, { issuer, send }: Context): Promise<Outcome> {
  const { registration_client_uri: uri, registration_access_token: token } = members
  const stays = `the client ${String(members['client_id'])} stays until the server removes it`
  if (uri === undefined && token === undefined) return skipped(`the server does not offer RFC 7592; ${stays}`)
  const problem = endpointProblem(uri, issuer)
  if (problem !== undefined || typeof token !== 'string') {
    return failed(registered, {
      finding: 'deletion-failed',
      expected: 'registration_client_uri, an absolute URL, together with registration_access_token, a string',
      received:
        problem === undefined
          ? `registration_access_token is ${token === undefined ? 'absent' : 'not a string'}`
          : `registration_client_uri: ${problem.words}`,
      advice: `RFC 7592 section 3 requires both. Meanwhile ${stays}.`,
    })
  }
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', origin: browserOrigin }
  const sent = await send({ url: String(uri), method: 'DELETE', headers })
  if (!sent.ok) return unanswered(sent.noReply)
  const { reply } = sent
  if (reply.status === 204) return passed()
  if (reply.status === 200) return noted('deletion-status', 'with status 200: RFC 7592 section 2.3 wants 204')
  // RFC 7592 section 2.3 names these for a server or a policy without deletion.
  if (reply.status === 405 || reply.status === 403)
    return noted('deletion-refused', `the server does not let clients delete themselves (status ${reply.status}); ${stays}`)
  return failed(reply, {
    finding: 'deletion-failed',
    expected: 'status 204',
    received: `status ${reply.status}`,
    advice: `${adviceForStatus(reply.status)} Meanwhile ${stays}.`,
  })
}
