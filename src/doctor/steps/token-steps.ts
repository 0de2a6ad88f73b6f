/** The errors of the token endpoint, which tell clients how to recover (RFC 6749 section 5.2). */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Reply } from '../probe/http.ts'
import { adviceForStatus, BROWSER_ORIGIN, expectCors, mediaType, parseObject, usableEndpoint } from '../probe/expectations.ts'
import { REDIRECT_URI } from './registration-steps.ts'
import { shown } from '../probe/shown.ts'
import { clientStep, failed, passed, skipped, unanswered } from '../probe/step.ts'
import type { Complaint, Context, Members, Outcome, Step } from '../probe/step.ts'

interface Credentials {
  readonly headers?: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

interface ExpectedError {
  readonly status: number
  readonly error: string
  /** What any other error means. */
  readonly explain: (reply: Reply) => Pick<Complaint, 'finding' | 'advice'>
}

export const unknownClientIsRefused: Step = {
  title: 'The token endpoint refuses an unknown client',
  uses: ['metadata'],
  run: (context) =>
    redeemMadeUpCode(
      context,
      { parameters: { client_id: randomUUID() } },
      {
        status: 401,
        error: 'invalid_client',
        explain: () => ({
          finding: 'unknown-client-answer',
          advice: 'Clients register again only after 401 with "invalid_client": look the client up before anything else.',
        }),
      },
    ),
}

export const madeUpCodeIsRefused = clientStep('The token endpoint refuses a made-up code', (registration, context) => {
  const { members } = registration
  const method = authenticationMethod(members, context.metadata?.members['token_endpoint_auth_methods_supported'])
  const secret = members['client_secret']
  if (method === 'none') return redeemMadeUpCode(context, { parameters: { client_id: clientId(members) } }, invalidGrant(method))
  if (method !== 'client_secret_basic' && method !== 'client_secret_post')
    return skipped(`the client was registered for ${method}, which is not tried here`)
  if (typeof secret !== 'string') {
    return failed(registration.reply, {
      finding: 'secret-missing',
      expected: `a client_secret, since the client was registered for ${method}`,
      received: 'a registration without client_secret',
      advice: 'Issue a secret, or register the client with token_endpoint_auth_method "none".',
    })
  }
  if (method === 'client_secret_post') {
    return redeemMadeUpCode(context, { parameters: { client_id: clientId(members), client_secret: secret } }, invalidGrant(method))
  }
  return redeemMadeUpCode(
    context,
    { headers: { authorization: basicCredentials(clientId(members), secret) }, parameters: {} },
    invalidGrant(method),
  )
})

export const tokenErrorsAllowBrowsers: Step = {
  title: 'Clients in browsers may read token errors (CORS)',
  run({ tokenErrors }) {
    if (tokenErrors.length === 0) return skipped('the token endpoint did not answer')
    return tokenErrors.map((reply) => expectCors('token-browsers', reply)).find((outcome) => outcome.kind === 'failed') ?? passed()
  },
}

/**
 * The default is client_secret_basic (RFC 7591 section 2). But if the metadata lists only client_secret_post, clients use that,
 * and a client without a secret can only be public.
 */
export function authenticationMethod(members: Members, supported: unknown): string {
  const method = members['token_endpoint_auth_method']
  if (typeof method === 'string') return method
  if (members['client_secret'] === undefined) return 'none'
  const onlyPost = Array.isArray(supported) && !supported.includes('client_secret_basic') && supported.includes('client_secret_post')
  return onlyPost ? 'client_secret_post' : 'client_secret_basic'
}

function invalidGrant(method: string): ExpectedError {
  return {
    status: 400,
    error: 'invalid_grant',
    explain: (reply) =>
      reply.status === 401
        ? {
            finding: 'client-forgotten',
            advice: `The server refuses the client it has just registered, which authenticated by ${method}. Several nodes must share one storage.`,
          }
        : {
            finding: 'dead-code-answer',
            advice: 'Clients drop a dead code or token only after 400 with "invalid_grant" (RFC 6749 section 5.2).',
          },
  }
}

const clientId = (members: Members) => String(members['client_id'])
/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined. */
export const basicCredentials = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${formEncode(id)}:${formEncode(secret)}`).toString('base64')}`
const formEncode = (value: string) => new URLSearchParams([['', value]]).toString().slice(1)

/** Tries to redeem a code that nobody issued, and checks the error. */
async function redeemMadeUpCode(context: Context, credentials: Credentials, wanted: ExpectedError): Promise<Outcome> {
  const url = usableEndpoint(context, 'token_endpoint')
  if (url === undefined) return skipped('there is no usable token_endpoint')
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: randomBytes(32).toString('base64url'),
    redirect_uri: REDIRECT_URI,
    code_verifier: randomBytes(32).toString('base64url'),
    ...credentials.parameters,
  }).toString()
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    origin: BROWSER_ORIGIN,
    ...credentials.headers,
  }
  const sent = await context.send({ url, method: 'POST', headers, body })
  if (!sent.ok) return unanswered(sent.noReply)
  const { reply } = sent
  context.tokenErrors.push(reply)
  const parsed = parseObject(reply)
  const error: unknown = parsed.ok ? parsed.members['error'] : undefined
  const type = mediaType(reply)
  const shownError = parsed.ok ? `"error": ${shown(error)}` : parsed.received
  if (reply.status === wanted.status && error === wanted.error && type === 'application/json') return passed()
  return failed(reply, {
    expected: `status ${wanted.status}, application/json, "error": "${wanted.error}"`,
    received: `status ${reply.status}, ${type || 'no Content-Type'}, ${shownError}`,
    ...(isOutOfOrder(reply) ? { finding: 'token-failed', advice: adviceForStatus(reply.status) } : wanted.explain(reply)),
  })
}

/** Not the answer of a working token endpoint: it is missing or fails, or something in front of it answers. */
const isOutOfOrder = ({ status }: Reply) => status >= 500 || status === 404 || status === 405 || (status >= 300 && status < 400)
