/** Registers a client as MCP clients do, and judges what the server says about it (RFC 7591 section 3). */
import type { Reply } from './http.ts'
import { adviceForStatus, browserOrigin, judgeNulls, parseObject, usableEndpoint } from './judge.ts'
import { clientStep, failed, noted, type Outcome, passed, skipped, type Step, unanswered } from './step.ts'

/** Nothing has to listen there: the flow ends at the login page. */
export const redirectUri = 'http://localhost:33418/callback'

const expected = 'status 201 and a JSON object with a client_id'

export const clientRegisters: Step = {
  title: 'A client can register',
  async run(context): Promise<Outcome> {
    const url = usableEndpoint(context, 'registration_endpoint')
    if (url === undefined) return skipped('there is no usable registration_endpoint')
    // As little as the MCP SDK sends: the server has to know the defaults of RFC 7591 section 2.
    const sent = await context.send({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', origin: browserOrigin },
      body: JSON.stringify({ client_name: 'Verification of the server', redirect_uris: [redirectUri] }),
    })
    if (!sent.ok) return unanswered(sent.noReply)
    const { reply } = sent
    if (reply.status !== 201 && reply.status !== 200) {
      return failed(reply, { expected, received: `status ${reply.status}${errorIn(reply)}`, advice: adviceForRefusal(reply.status) })
    }
    const parsed = parseObject(reply)
    if (!parsed.ok)
      return failed(reply, {
        expected,
        received: parsed.received,
        advice: 'Answer with the registered client as JSON (RFC 7591 section 3.2.1).',
      })
    const id = parsed.members['client_id']
    if (typeof id !== 'string' || id === '') {
      return failed(reply, {
        expected,
        received: id === undefined ? 'no client_id' : `"client_id": ${JSON.stringify(id)}`,
        advice: 'RFC 7591 section 3.2.1 requires client_id, a string.',
      })
    }
    context.registration = { reply, members: parsed.members }
    if (reply.status === 200) return noted(`as ${id}, but with status 200: clients bear it, RFC 7591 section 3.2.1 wants 201`)
    return passed(`as ${id}`)
  },
}

/** The error of a refusal, for the line that says what came. */
function errorIn(reply: Reply): string {
  const parsed = parseObject(reply)
  if (!parsed.ok || typeof parsed.members['error'] !== 'string') return ''
  const { error, error_description: description } = parsed.members
  return ` with error "${error}"${typeof description === 'string' ? ` (${description})` : ''}`
}

function adviceForRefusal(status: number): string {
  if (status === 401 || status === 403)
    return 'Registration must be open: MCP clients have no initial access token. Allow anonymous registration (RFC 7591 section 3).'
  if (status === 400)
    return 'Every MCP client sends this: JSON with client_name and redirect_uris. See the error, and whether a proxy changes the body.'
  return adviceForStatus(status)
}

export const redirectUrisAreEchoed = clientStep('The registration echoes redirect_uris', ({ reply, members }) => {
  const value = members['redirect_uris']
  if (Array.isArray(value) && value.length === 1 && value[0] === redirectUri) return passed()
  return failed(reply, {
    expected: `"redirect_uris": ["${redirectUri}"]`,
    received: value === undefined ? 'no redirect_uris' : `"redirect_uris": ${JSON.stringify(value)}`,
    advice:
      'Return every registered member as it was registered (RFC 7591 section 3.2.1); the MCP SDKs refuse an answer without redirect_uris.',
  })
})

export const registrationHasNoNull = clientStep('The registration holds no null', ({ reply, members }) => judgeNulls(reply, members))

export const registrationIsNotStored = clientStep('The registration is kept out of caches', ({ reply }) => {
  const value = reply.headers.get('cache-control')
  if (/(^|[\s,])no-store($|[\s,])/i.test(value ?? '')) return passed()
  return failed(reply, {
    expected: 'Cache-Control: no-store',
    received: value === null ? 'no Cache-Control' : `Cache-Control: ${value}`,
    advice: 'The answer may hold a client secret: send Cache-Control: no-store (RFC 7591 section 3.2.1).',
  })
})
