/** Starts an authorization and follows it until a user would have to log in (RFC 6749 section 4.1.1, RFC 7636, RFC 8707). */
import { randomBytes } from 'node:crypto'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { FindingId } from '../findings.ts'
import { follow, isRedirect, MAX_REDIRECTS, redirectTarget } from '../probe/follow.ts'
import type { Reply } from '../probe/http.ts'
import { adviceForStatus, mediaType, parseObject, usableEndpoint } from '../probe/expectations.ts'
import { REDIRECT_URI } from './registration-steps.ts'
import { clientStep, failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Complaint, Context, Outcome } from '../probe/step.ts'

const EXPECTED = 'a login page (status 200, HTML with a form), or a redirect to one on the same server'

export const authorizationLeadsToLogin = clientStep('An authorization leads to a login page', ({ members }, context) =>
  startAuthorization(context, { client_id: String(members['client_id']), redirect_uri: REDIRECT_URI }),
)

/** What a client adds to the parameters that are the same for all. */
export interface AuthorizationParameters {
  readonly client_id: string
  readonly redirect_uri: string
  readonly scope?: string
  readonly state?: string
  readonly prompt?: string
  readonly code_challenge?: string
  /** Undefined for none; absent for the one of the context. */
  readonly resource?: string | undefined
}

/** Opens the authorization endpoint as a browser would, and checks where that leads. */
export async function startAuthorization(context: Context, parameters: AuthorizationParameters): Promise<Outcome> {
  const url = authorizationUrl(context, parameters)
  if (url === undefined) return skipped('there is no usable authorization_endpoint')
  const isCallback = (target: URL) => target.href.split(/[?#]/, 1)[0] === parameters.redirect_uri
  const sent = await follow(
    context.send,
    { url: url.href, headers: { accept: 'text/html,application/xhtml+xml' } },
    (target) => target.origin === url.origin && !isCallback(target),
  )
  if (!sent.ok) return unanswered(sent.noReply)
  const denial = isRefusal(sent.reply) ? await askWhy(context, url) : undefined
  if (denial !== undefined) return failed(sent.reply, { expected: EXPECTED, ...denial })
  return isRedirect(sent.reply) ? redirectOutcome(sent.reply, isCallback) : pageOutcome(sent.reply)
}

export const isRefusal = ({ status }: Reply): boolean => status === 400 || status === 401 || status === 403

/** An error page is for people; a program may learn whether it is about this app. */
async function askWhy({ send }: Context, url: URL): Promise<Omit<Complaint, 'expected'> | undefined> {
  const sent = await send({ url: url.href, headers: { accept: 'application/json' } })
  return sent.ok && isRefusal(sent.reply) ? denialIn(sent.reply) : undefined
}

/** What a refusal as JSON says, if it is that the server doesn't admit the app. */
export function denialIn(reply: Reply): Omit<Complaint, 'expected'> | undefined {
  const said = parseObject(reply)
  if (!said.ok || said.members['error'] !== 'access_denied') return undefined
  return notAdmitted(`status ${reply.status}`, said.members['error_description'])
}

const notAdmitted = (received: string, description: unknown): Omit<Complaint, 'expected'> => ({
  finding: 'app-not-admitted',
  received: `${received} with error "access_denied"${typeof description === 'string' ? ` (${description})` : ''}`,
  advice:
    'Ask the operator of the server to admit the app. Solar System OAuth Server: see CLIENTS and KNOWN_CLIENTS, or approve the client.',
})

/**
 * The address that a client opens; undefined if the endpoint can't be used. It keeps the endpoint's own query
 * (RFC 6749 section 3.1).
 */
export function authorizationUrl(context: Context, own: AuthorizationParameters): URL | undefined {
  const endpoint = usableEndpoint(context, 'authorization_endpoint')
  if (endpoint === undefined) return undefined
  const url = new URL(endpoint)
  const parameters = {
    response_type: 'code',
    code_challenge: challengeOf(randomBytes(32).toString('base64url')),
    code_challenge_method: 'S256',
    state: randomBytes(16).toString('base64url'),
    resource: resourceOf(context),
    ...own,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

/** RFC 7636 section 4.2. */
export const challengeOf = (verifier: string): string => sha256(verifier)

/** The MCP server; if unknown, a resource that the metadata names (RFC 9728 section 4); if it names none, the issuer. */
export function resourceOf({ issuer, metadata, resource }: Context): string {
  if (resource !== undefined) return resource
  const named: unknown = metadata?.members['protected_resources']
  const first: unknown = Array.isArray(named) ? named[0] : undefined
  return typeof first === 'string' ? first : issuer
}

function redirectOutcome(reply: Reply, isCallback: (target: URL) => boolean): Outcome {
  const fail = (finding: FindingId, received: string, advice: string) => failed(reply, { finding, expected: EXPECTED, received, advice })
  const target = redirectTarget(reply)
  const asked = new URL(reply.url)
  if (!target)
    return fail(
      'authorization-failed',
      `a redirect with ${reply.headers.has('location') ? 'a malformed' : 'no'} Location`,
      'Send a Location header with an absolute URL or a path.',
    )
  if (isCallback(target)) return failed(reply, { expected: EXPECTED, ...callbackComplaint(target.searchParams) })
  if (target.origin === asked.origin)
    return fail(
      'authorization-loop',
      `more than ${MAX_REDIRECTS} redirects, the last to ${target.pathname}`,
      'The login redirects in a circle. See whether cookies are set and come back.',
    )
  if (target.hostname === asked.hostname || target.protocol !== 'https:') {
    return fail(
      'authorization-elsewhere',
      `a redirect to ${target.origin}`,
      'This is not the public address of the server. Configure that, and behind a proxy which forwarded headers it may trust.',
    )
  }
  return noted('login-unseen', `the user is sent to ${target.origin} to log in; that page was not visited`)
}

function callbackComplaint(parameters: URLSearchParams): Omit<Complaint, 'expected'> {
  const error = parameters.get('error')
  if (error === null) {
    if (!parameters.has('code'))
      return {
        finding: 'authorization-failed',
        received: 'a redirect to the client with neither code nor error',
        advice: 'Show a login page first.',
      }
    return {
      finding: 'authorization-open',
      received: 'a redirect to the client with a code, though nobody has logged in',
      advice: 'This way anybody who knows the address gets tokens. Require login and consent before you issue a code.',
    }
  }
  const description = parameters.get('error_description')
  if (error === 'access_denied') return notAdmitted('a redirect to the client', description)
  return {
    finding: error === 'invalid_target' ? 'authorization-resource-refused' : 'authorization-refused',
    received: `a redirect to the client with error "${error}"${description === null ? '' : ` (${description})`}`,
    advice: adviceForError(error),
  }
}

function adviceForError(error: string): string {
  if (error === 'invalid_target')
    return 'MCP clients send the address of the MCP server as the resource: make those known, or accept any (RFC 8707).'
  if (error === 'unauthorized_client' || error === 'unsupported_response_type')
    return 'Register clients for the authorization code flow when they name no grant types (RFC 7591 section 2).'
  return 'The request is one that every MCP client sends (PKCE S256, state, resource): see the error for what the server did not like.'
}

function pageOutcome(reply: Reply): Outcome {
  const fail = (finding: FindingId, received: string, advice: string) => failed(reply, { finding, expected: EXPECTED, received, advice })
  if (isRefusal(reply) && reply.status !== 403) {
    return fail(
      'authorization-error-page',
      `status ${reply.status}, an error page`,
      'The server refuses the client it has just registered, or its redirect URI. Several nodes must share one storage.',
    )
  }
  if (reply.status !== 200) return fail('authorization-failed', `status ${reply.status}`, adviceForStatus(reply.status))
  const type = mediaType(reply)
  if (type !== 'text/html' && type !== 'application/xhtml+xml')
    return fail(
      'login-not-a-page',
      type === '' ? 'no Content-Type' : `Content-Type: ${type}`,
      'Show people a page: they come here with a browser.',
    )
  if (/<form[\s>]/i.test(reply.body)) return passed(addressOf(reply))
  if (/<(script|button|a)[\s>]/i.test(reply.body))
    return noted(
      'login-unseen',
      `the page at ${addressOf(reply)} has no form; if it logs in by a script or a link, open it in a browser to see`,
    )
  return fail(
    'login-empty',
    'a page without a form, a link or a script',
    'Nobody can log in on this page. Open it in a browser to see what it says.',
  )
}

/** Leaves out the query, which is long and says nothing here. */
function addressOf(reply: Reply): string {
  return reply.url.split('?', 1).join()
}
