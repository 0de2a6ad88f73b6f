/**
 * The whole flow with a user: login and consent in the browser, code, token, refresh (RFC 6749, 7636, 9207, 8707). Each step names
 * what it acts on, so that it doesn't run after a step that found that wrong.
 */
import { unverifiedClaims } from '../../domain/protocol/jwt.ts'
import { authorizationUrl, challengeOf, resourceOf } from './authorization-step.ts'
import type { Sent } from '../probe/http.ts'
import { adviceForStatus, errorIn, expectNoNulls, parseObject, usableEndpoint } from '../probe/expectations.ts'
import { register } from './registration-steps.ts'
import { stringsOf } from '../probe/shown.ts'
import { failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Complaint, Members, Outcome, Step } from '../probe/step.ts'
import { authenticationMethod, basicCredentials } from './token-steps.ts'
import { awaitCallback } from '../probe/callback.ts'
import type { Callback } from '../probe/callback.ts'
import type { LoginContext } from './login-context.ts'

type LoginStep = Step<LoginContext>

const userLogsIn: LoginStep = {
  title: 'The user logs in, and the answer comes back',
  uses: ['metadata', 'login'],
  async run(context) {
    const callback = await awaitCallback({ state: context.state, signal: context.signal, waitMs: context.waitMs, say: context.say })
    try {
      return await runLogin(context, callback)
    } finally {
      callback.close()
    }
  },
}

async function runLogin(context: LoginContext, { redirectUri, answer, strayed }: Callback): Promise<Outcome> {
  context.redirectUri = redirectUri
  const registered = await register(context, {
    client_name: 'Doctor',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  })
  if (!registered.ok) return registered.outcome
  context.client = registered.client
  const { state } = context
  const clientId = String(registered.client.members['client_id'])
  const challenge = challengeOf(context.verifier)
  // Without a usable endpoint nobody is asked to log in.
  const url = authorizationUrl(context, { client_id: clientId, redirect_uri: redirectUri, state, code_challenge: challenge })!
  context.say(`Log in with your browser: ${url.href}`)
  context.openBrowser(url.href)
  const came = await answer
  const fail = (complaint: Omit<Complaint, 'expected'>): Outcome => ({
    kind: 'failed',
    url: url.href,
    expected: `a redirect to ${redirectUri} with code, state and iss`,
    ...complaint,
  })
  if (came === undefined && strayed().length > 0) {
    const received = strayed().at(-1) === null ? 'no state' : 'another state'
    return fail({ finding: 'login-state', received, advice: 'Return state byte for byte (RFC 6749 section 4.1.2).' })
  }
  if (came === undefined) {
    const received = context.signal.aborted ? 'the end of the examination' : `nothing within ${context.waitMs / 1000} s`
    return fail({ finding: 'login-unfinished', received, advice: 'Look at the last page in the browser, and run the command again.' })
  }
  const error = came.get('error')
  if (error !== null) {
    const received = `error "${error}" (${came.get('error_description') ?? 'without a description'})`
    return fail({ finding: 'login-refused', received, advice: 'See the error. If you refused it yourself, run the command again.' })
  }
  context.answer = came
  return passed()
}

/**
 * RFC 9207 section 2.4: an announced `iss` must be there, and a present one must be the issuer. Otherwise the code may be of another
 * server than the one whose token endpoint waits for it (a mix-up).
 */
const answerNamesIssuer: LoginStep = {
  title: 'The answer carries the issuer (iss)',
  run({ answer, metadata, redirectUri }) {
    if (!answer) return skipped('there is no answer')
    // It is the examined one: otherwise nobody would have been asked to log in.
    const issuer = String(metadata?.members['issuer'])
    const iss = answer.get('iss')
    const announced = metadata?.members['authorization_response_iss_parameter_supported'] === true
    if (iss === issuer) return passed()
    if (iss === null && !announced) return skipped('it is not announced')
    return {
      kind: 'failed',
      finding: 'login-iss',
      url: redirectUri!,
      expected: `iss=${issuer}`,
      received: iss === null ? 'no iss, though it is announced' : `iss=${iss}`,
      advice: 'Send the issuer, exactly as in the metadata, with every answer (RFC 9207): otherwise clients refuse it.',
    }
  },
}

const codeBecomesToken: LoginStep = {
  title: 'The code becomes a token',
  uses: ['answer'],
  async run(context) {
    if (!context.answer) return skipped('there is no answer')
    const code = context.answer.get('code')!
    const { redirectUri, verifier } = context
    const sent = await postToken(context, { grant_type: 'authorization_code', code, redirect_uri: redirectUri!, code_verifier: verifier })
    const outcome = keepTokens(context, sent, 'code-refused')
    return sent.ok && context.tokens ? expectNoNulls('token-null', sent.reply, context.tokens) : outcome
  },
}

/** RFC 8707 section 2. A token for somebody else must not reach this MCP server, which could use it there. */
const tokenIsForMcpServer: LoginStep = {
  title: 'The token is for the MCP server',
  run(context) {
    if (!context.tokens) return skipped('there is no token')
    if (context.resource === undefined) return skipped('no MCP server was given')
    const trimmed = (text: string) => text.replace(/\/$/, '')
    const audiences = context.accessTokens.map(audienceOf).filter((audience) => audience !== undefined)
    if (audiences.length === 0) return skipped('the token is not a JWT')
    const wrong = audiences.find((audience) => !audience.map(trimmed).includes(trimmed(context.resource!)))
    if (wrong === undefined) return passed()
    const aud = wrong.join(', ') || 'absent'
    return noted('token-audience', `aud is ${aud}, the resource asked for was ${context.resource} (RFC 8707 section 2)`)
  },
}

const tokenRefreshes: LoginStep = {
  title: 'The refresh token gives a new token',
  async run(context) {
    const token = context.tokens?.['refresh_token']
    if (!context.tokens) return skipped('there is no token')
    if (typeof token !== 'string') return noted('refresh-missing', 'the user will have to log in again whenever the token expires')
    return keepTokens(context, await postToken(context, { grant_type: 'refresh_token', refresh_token: token }), 'refresh-refused')
  },
}

function keepTokens(context: LoginContext, sent: Sent, refused: 'code-refused' | 'refresh-refused'): Outcome {
  if (!sent.ok) return unanswered(sent.noReply)
  const { reply } = sent
  const parsed = parseObject(reply)
  const expected = 'status 200 and a JSON object with access_token and token_type'
  if (reply.status !== 200) {
    const received = `status ${reply.status}${errorIn(reply)}`
    return failed(reply, { finding: refused, expected, received, advice: adviceForStatus(reply.status) })
  }
  const { access_token: token, token_type: type } = parsed.ok ? parsed.members : ({} as Members)
  if (!parsed.ok || typeof token !== 'string' || typeof type !== 'string') {
    const received = parsed.ok ? `"access_token" ${typeof token}, "token_type" ${typeof type}` : parsed.received
    return failed(reply, { finding: 'token-unreadable', expected, received, advice: 'Answer as RFC 6749 section 5.1 says, as JSON.' })
  }
  context.tokens = { ...context.tokens, ...parsed.members }
  context.accessTokens.push(token)
  return passed()
}

/** Uses the authentication method that the server registered, although the client asked for none. */
function postToken(context: LoginContext, form: Record<string, string>): Promise<Sent> {
  const { members } = context.client!
  const method = authenticationMethod(members, context.metadata?.members['token_endpoint_auth_methods_supported'])
  const id = String(members['client_id'])
  const secret = typeof members['client_secret'] === 'string' ? members['client_secret'] : ''
  const basic = method === 'client_secret_basic'
  const inBody = { client_id: id, ...(method === 'client_secret_post' && { client_secret: secret }) }
  return context.send({
    url: usableEndpoint(context, 'token_endpoint')!,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(basic && { authorization: basicCredentials(id, secret) }),
    },
    body: new URLSearchParams({ ...form, ...(!basic && inBody), resource: resourceOf(context) }).toString(),
  })
}

/** The audience of a JWT; undefined for any other token. The MCP server checks the signature, not we. */
function audienceOf(token: string): string[] | undefined {
  const claims = unverifiedClaims(token)
  return claims && stringsOf([claims['aud']].flat())
}

/** The audience is checked last, because the token that the MCP server gets is the refreshed one. */
export const LOGIN_STEPS: readonly LoginStep[] = [userLogsIn, answerNamesIssuer, codeBecomesToken, tokenRefreshes, tokenIsForMcpServer]
