/** Registers a client as MCP clients do, and checks the response (RFC 7591 section 3). */
import type { FindingId } from '../findings.ts'
import { adviceForStatus, BROWSER_ORIGIN, errorIn, expectNoNulls, parseObject, usableEndpoint } from '../probe/expectations.ts'
import { shown } from '../probe/shown.ts'
import { clientStep, failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Context, Document, Members, Outcome, Step } from '../probe/step.ts'

/** Nothing needs to listen there, since the flow ends at the login page. */
export const REDIRECT_URI = 'http://localhost:33418/callback'

const EXPECTED = 'status 201 and a JSON object with a client_id'

export const clientRegisters: Step = {
  title: 'A client can register',
  uses: ['metadata'],
  async run(context): Promise<Outcome> {
    // Only what the MCP SDK sends: the server must know the defaults of RFC 7591 section 2.
    const registered = await register(context, { client_name: 'Verification of the server', redirect_uris: [REDIRECT_URI] })
    if (!registered.ok) return registered.outcome
    context.registration = registered.client
    const { reply, members } = registered.client
    const id = String(members['client_id'])
    if (reply.status === 200)
      return noted('registration-status', `as ${id}, but with status 200: clients tolerate it, but RFC 7591 section 3.2.1 requires 201`)
    return passed(`as ${id}`)
  },
}

/** Posts client metadata. Returns the registered client, or why there is none. */
export async function register(
  context: Context,
  metadata: Members,
): Promise<{ ok: true; client: Document } | { ok: false; outcome: Outcome }> {
  const no = (outcome: Outcome) => ({ ok: false as const, outcome })
  const url = usableEndpoint(context, 'registration_endpoint')
  if (url === undefined) return no(skipped('there is no usable registration_endpoint'))
  const sent = await context.send({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', origin: BROWSER_ORIGIN },
    body: JSON.stringify(metadata),
  })
  if (!sent.ok) return no(unanswered(sent.noReply))
  const { reply } = sent
  if (reply.status !== 201 && reply.status !== 200) {
    const received = `status ${reply.status}${errorIn(reply)}`
    return no(
      failed(reply, { finding: findingForRefusal(reply.status), expected: EXPECTED, received, advice: adviceForRefusal(reply.status) }),
    )
  }
  const unreadable = (received: string, advice: string) =>
    no(failed(reply, { finding: 'registration-unreadable', expected: EXPECTED, received, advice }))
  const parsed = parseObject(reply)
  if (!parsed.ok) return unreadable(parsed.received, 'Answer with the registered client as JSON (RFC 7591 section 3.2.1).')
  const id = parsed.members['client_id']
  if (typeof id !== 'string' || id === '') {
    const received = id === undefined ? 'no client_id' : `"client_id": ${shown(id)}`
    return unreadable(received, 'RFC 7591 section 3.2.1 requires client_id, a string.')
  }
  return { ok: true, client: { reply, members: parsed.members } }
}

function findingForRefusal(status: number): FindingId {
  if (status === 401 || status === 403) return 'registration-closed'
  if (status === 429) return 'registration-limited'
  return status === 400 ? 'registration-refused' : 'registration-failed'
}

function adviceForRefusal(status: number): string {
  if (status === 401 || status === 403)
    return 'Registration must be open: MCP clients have no initial access token. Allow anonymous registration (RFC 7591 section 3).'
  if (status === 400)
    return 'Clients send it like this. Accept loopback and custom schemes (RFC 8252), ignore what you do not know; see whether a proxy changes the body.'
  return adviceForStatus(status)
}

export const redirectUrisAreEchoed = clientStep('The registration echoes redirect_uris', ({ reply, members }) => {
  const value = members['redirect_uris']
  if (Array.isArray(value) && value.length === 1 && value[0] === REDIRECT_URI) return passed()
  return failed(reply, {
    finding: 'registration-redirects-lost',
    expected: `"redirect_uris": ["${REDIRECT_URI}"]`,
    received: value === undefined ? 'no redirect_uris' : `"redirect_uris": ${shown(value)}`,
    advice:
      'Return every registered member as it was registered (RFC 7591 section 3.2.1); the MCP SDKs refuse an answer without redirect_uris.',
  })
})

export const registrationHasNoNull = clientStep('The registration holds no null', ({ reply, members }) =>
  expectNoNulls('registration-null', reply, members),
)

export const registrationIsNotStored = clientStep('The registration is kept out of caches', ({ reply }) => {
  const value = reply.headers.get('cache-control')
  if (/(^|[\s,])no-store($|[\s,])/i.test(value ?? '')) return passed()
  return failed(reply, {
    finding: 'registration-cacheable',
    expected: 'Cache-Control: no-store',
    received: value === null ? 'no Cache-Control' : `Cache-Control: ${value}`,
    advice: 'The answer may hold a client secret: send Cache-Control: no-store (RFC 7591 section 3.2.1).',
  })
})
