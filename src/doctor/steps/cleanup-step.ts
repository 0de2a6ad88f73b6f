/** Deletes the registered client if the server lets clients do so (RFC 7592 section 2.3). */
import type { DoctorContext } from '../context.ts'
import { adviceForStatus, BROWSER_ORIGIN, endpointProblem } from '../probe/expectations.ts'
import { clientStep, failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Context, Document, Outcome } from '../probe/step.ts'

export const clientIsDeleted = clientStep('The registered client is deleted again', deleteClient)

/** Deletes a client that was registered for the examination, or remembers that it stays. */
export async function cleanUpClient(client: Document, context: DoctorContext): Promise<Outcome> {
  const outcome = await deleteClient(client, context)
  const gone = outcome.kind === 'passed' || (outcome.kind === 'note' && outcome.finding === 'deletion-status')
  if (!gone) context.remainingClients.push(String(client.members['client_id']))
  return outcome
}

/** @returns `passed`, or the note `deletion-status`, if the client is gone; any other outcome means that it stays */
async function deleteClient({ reply: registered, members }: Document, { issuer, send }: Context): Promise<Outcome> {
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
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', origin: BROWSER_ORIGIN }
  const sent = await send({ url: String(uri), method: 'DELETE', headers })
  if (!sent.ok) return unanswered(sent.noReply)
  const { reply } = sent
  if (reply.status === 204) return passed()
  if (reply.status === 200) return noted('deletion-status', 'with status 200: RFC 7592 section 2.3 requires 204')
  // RFC 7592 section 2.3: what a server answers if it, or its policy, doesn't support deletion.
  if (reply.status === 405 || reply.status === 403)
    return noted('deletion-refused', `the server does not let clients delete themselves (status ${reply.status}); ${stays}`)
  return failed(reply, {
    finding: 'deletion-failed',
    expected: 'status 204',
    received: `status ${reply.status}`,
    advice: `${adviceForStatus(reply.status)} Meanwhile ${stays}.`,
  })
}
