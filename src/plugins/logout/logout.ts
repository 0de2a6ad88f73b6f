/**
 * GET and POST /logout: ends the session of a browser (OpenID Connect RP-Initiated Logout), also without a client. It always asks the
 * person: anybody may register a client, and all clients of the session are notified. Owns the confirmation; not what ends with a
 * session (storage), nor the notifications (backchannel-logout.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { clientOfLogout, verifyPostLogoutRedirect } from '../../domain/logout/logout-request.ts'
import type { PostLogoutRedirect } from '../../domain/logout/logout-request.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { isMac, mac } from '../../domain/protocol/mac.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import { inTime } from '../../fetch/in-time.ts'
import { LogoutForm, LogoutParameters } from '../../schemas/logout.ts'
import { PATHS } from '../../schemas/paths.ts'
import { redirectPostToGet, tooLong } from '../authorization/post-to-get.ts'
import { curl, openid } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { validationError, withoutEmpty } from '../kernel/validation-error.ts'
import { PATIENCE_MS } from './backchannel-logout.ts'
import type { SendBackchannelLogouts } from './backchannel-logout.ts'

/** A request whose client and address, where it names them, are verified. */
interface ValidatedLogout {
  readonly parameters: LogoutParameters
  readonly client: Client | undefined
  readonly redirect: PostLogoutRedirect | undefined
  /** Whether an id_token proves that this server logged somebody in for the client. */
  readonly proven: boolean
}

const endpoint: Endpoint = {
  id: 'logout',
  group: 'flow',
  member: 'end_session_endpoint',
  standards: [openid('RP-Initiated Logout', 'openid-connect-rpinitiated-1_0')],
  curl: (url) => curl(`-i '${url}'`),
}

const logout: FastifyPluginAsyncTypebox<{ sendBackchannelLogouts: SendBackchannelLogouts }> = async (app, { sendBackchannelLogouts }) => {
  const { base } = app.settings
  const keys = app.macKeys

  app.get(
    PATHS.logout,
    { attachValidation: true, schema: { querystring: LogoutParameters }, config: { audience: 'page', endpoint } },
    async (request, reply) => {
      const malformed = validationError(request) ?? tooLong(request.url)
      if (malformed !== undefined) throw malformed
      const validated = await validate(request.query)
      const found = await app.sessions.find(request)
      if (found === undefined) return leavesByItself(validated) ? leave(reply, validated) : showLoggedOut(reply, validated)
      const { client, parameters } = validated
      const { post_logout_redirect_uri, state, ui_locales } = parameters
      const kept = {
        client_id: client?.id,
        post_logout_redirect_uri,
        state,
        ui_locales,
        token: mac(keys[0], 'logout', found.session.idHash),
      }
      return reply.page(
        'logout',
        {
          action: base + PATHS.logout,
          fields: Object.entries(kept).flatMap(([name, value]) => (value === undefined ? [] : { name, value })),
          username: found.user.username,
          ...describe(reply, validated),
        },
        pageOptions(parameters),
      )
    },
  )

  app.post(PATHS.logout, { attachValidation: true, schema: { body: LogoutForm }, config: { audience: 'page' } }, async (request, reply) => {
    if (request.body?.token === undefined) return redirectPostToGet(reply, base + PATHS.logout, request.body)
    request.requireOwnForm()
    const validated = await validate(request.body)
    const found = await app.sessions.find(request)
    if (found !== undefined) {
      if (!isMac(request.body.token, keys, 'logout', found.session.idHash))
        throw new OAuthError('invalid_request', 'this form belongs to another session: open the page again')
      await app.sessions.end(request, reply)
      request.log.info({ user: found.user.id, username: found.user.username, client: validated.client?.id }, 'logged out')
      // Section 3: the clients are notified before the person leaves, but slow ones don't keep anybody here.
      await inTime(sendBackchannelLogouts(found.session.sid), PATIENCE_MS)
    }
    return leave(reply, validated)
  })

  /** @throws {OAuthError} if the client, the hint and the address don't fit: answered by a page, never by a redirect */
  async function validate(given: LogoutParameters): Promise<ValidatedLogout> {
    const parameters = withoutEmpty(given)
    const hint = parameters.id_token_hint === undefined ? undefined : await app.jwt.verifyIdTokenHint(parameters.id_token_hint, app.now())
    if (hint === undefined && parameters.id_token_hint !== undefined)
      throw new OAuthError('invalid_request', 'id_token_hint is not an id_token of this server')
    const clientId = clientOfLogout(parameters, hint?.aud)
    if (!clientId.ok) throw clientId.error
    // No document is fetched for a logout: what is stored suffices.
    const found = clientId.value === undefined ? undefined : await app.storage.clients.find(clientId.value)
    const client = found?.disabledAt === undefined ? found : undefined
    const redirect = verifyPostLogoutRedirect(client, parameters)
    if (!redirect.ok) throw redirect.error
    return { parameters, client, redirect: redirect.value, proven: hint !== undefined }
  }

  function leave(reply: FastifyReply, validated: ValidatedLogout): Promise<unknown> | FastifyReply {
    if (validated.redirect === undefined) return showLoggedOut(reply, validated)
    return reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(validated.redirect.location, 303)
  }

  /** Without a confirmation or a proof, the person has to click to go on: no link redirects through here unseen. */
  function showLoggedOut(reply: FastifyReply, validated: ValidatedLogout): Promise<unknown> {
    return reply.page(
      'logged-out',
      { ...describe(reply, validated), ...(validated.redirect !== undefined && { location: validated.redirect.location }) },
      pageOptions(validated.parameters),
    )
  }

  /** The client that asks, and where it wants the person back, as a page shows them. */
  function describe(
    reply: FastifyReply,
    { client, parameters: { post_logout_redirect_uri: uri, ui_locales: uiLocales } }: ValidatedLogout,
  ) {
    return {
      ...(client !== undefined && { clientName: displayName(client, reply.pageLanguage(uiLocales)) }),
      ...(client !== undefined && uri !== undefined && { redirectHost: redirectDisplay(uri) }),
    }
  }
}

/**
 * Whether nobody has to click to get to the client's address. An id_token shows that the client had to do with somebody, not with the
 * person in this browser, so only a client that an operator registered is led to (RFC 9700 section 4.11.2).
 */
const leavesByItself = ({ proven, client }: ValidatedLogout): boolean => proven && client?.origin === 'operator'

const pageOptions = ({ ui_locales: uiLocales }: LogoutParameters) => ({ uiLocales })

export default fp(logout, {
  name: 'logout',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
