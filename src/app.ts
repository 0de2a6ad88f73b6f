/**
 * The server as a list, in reading order: what all plugins share, then each concern with what it needs. What a plugin reads from `app`
 * is decorated by a plugin above it; everything else is made here and handed over. Reads no environment and does not listen.
 */
import accepts from '@fastify/accepts'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Config } from './config/config.ts'
import { createProviderFetch } from './fetch/provider-fetch.ts'
import type { ProviderFetchOptions } from './fetch/provider-fetch.ts'
import { createSafeFetch } from './fetch/safe-fetch.ts'
import type { SafeFetch, SafeFetchOptions } from './fetch/safe-fetch.ts'
import type { Keyset } from './crypto/keyset.ts'
import { createVault } from './crypto/vault.ts'
import { findTracer } from './tracing/tracing.ts'
import { SILENT } from './metrics/meter.ts'
import type { Meter } from './metrics/meter.ts'
// The kernel
import { createAudit } from './plugins/kernel/audit.ts'
import clock from './plugins/kernel/clock.ts'
import cors from './plugins/kernel/cors.ts'
import enabledProviders from './plugins/kernel/enabled-providers.ts'
import errors from './plugins/kernel/errors.ts'
import gracefulClose from './plugins/kernel/http/graceful-close.ts'
import { BODY_LIMIT, createServer } from './plugins/kernel/http/create-server.ts'
import keys from './plugins/kernel/keys.ts'
import loadShedding from './plugins/kernel/load-shedding.ts'
import tracing from './plugins/kernel/http/tracing.ts'
import ownHost from './plugins/kernel/http/own-host.ts'
import measuring from './plugins/kernel/measuring.ts'
import meterPlugin from './plugins/kernel/meter.ts'
import messageRules from './plugins/kernel/http/message-rules.ts'
import { createOutsideLane } from './plugins/kernel/outside-lane.ts'
import pipelining from './plugins/kernel/http/pipelining.ts'
import rateLimits from './plugins/kernel/rate-limits.ts'
import requestLog from './plugins/kernel/request-log.ts'
import resources from './plugins/kernel/resources.ts'
import { createRouteTable } from './plugins/kernel/route-table.ts'
import settings from './plugins/kernel/settings.ts'
import storagePlugin from './plugins/kernel/storage.ts'
// Pages
import assets from './plugins/pages/assets.ts'
import { createLanguages } from './plugins/pages/page-language.ts'
import pages from './plugins/pages/pages.ts'
// Who asks
import { createAccessTokenFinder, createRightsFinder } from './plugins/authentication/access-tokens.ts'
import { createAssertionVerifier } from './plugins/authentication/client-assertion.ts'
import { createClientAuthentication } from './plugins/authentication/client-authentication.ts'
import { createDpopVerifier } from './plugins/authentication/dpop.ts'
import { createClientFinder } from './plugins/authentication/find-client.ts'
import { createPersonalTokenFinder } from './plugins/authentication/personal-tokens.ts'
import { createSignatureVerifier } from './plugins/authentication/signatures.ts'
// The concerns, each with its endpoints
import health from './plugins/discovery/health.ts'
import home from './plugins/discovery/home.ts'
import jwks from './plugins/discovery/jwks.ts'
import metadata from './plugins/discovery/metadata.ts'
import clientConfiguration from './plugins/registration/client-configuration.ts'
import { createClientQuota } from './plugins/registration/client-quota.ts'
import registration from './plugins/registration/registration.ts'
import { createRegistrationValidator } from './plugins/registration/validate-registration.ts'
import browserBinding from './plugins/login/browser-binding.ts'
import codeLogin from './plugins/login/code-login.ts'
import { createLoginThrottle } from './plugins/login/login-throttle.ts'
import login from './plugins/login/login.ts'
import passkeyLogin from './plugins/login/passkey-login.ts'
import factorLink from './plugins/account/factor-link.ts'
import factorSetUp from './plugins/account/factor-set-up.ts'
import session from './plugins/login/session.ts'
import { createAccounts } from './plugins/provider/accounts.ts'
import { createAdmission } from './plugins/provider/admission.ts'
import { createAttempts } from './plugins/provider/attempts.ts'
import { createIdentityChecks } from './plugins/provider/identity-checks.ts'
import { createConnector } from './plugins/provider/connect.ts'
import { createInvitedArrival } from './plugins/provider/invited-arrival.ts'
import invitedLogin from './plugins/provider/invited-login.ts'
import { createGroupFollower } from './plugins/provider/provided-groups.ts'
import providerLogin from './plugins/provider/provider-login.ts'
import providerLogout from './plugins/provider/provider-logout.ts'
import { observeProviderFetch } from './plugins/provider/observed-fetch.ts'
import { createLinking } from './plugins/provider/linking.ts'
import { createStraightOn } from './plugins/provider/straight-on.ts'
import { createAuthorization } from './plugins/authorization/authorization.ts'
import authorize from './plugins/authorization/authorize.ts'
import consent from './plugins/authorization/consent.ts'
import pushedRequests from './plugins/authorization/pushed-requests.ts'
import { createRequestObjects } from './plugins/authorization/request-objects.ts'
import introspection from './plugins/token/introspection.ts'
import revocation from './plugins/token/revocation.ts'
import token from './plugins/token/token.ts'
import userinfo from './plugins/token/userinfo.ts'
import accountData from './plugins/account/data.ts'
import accountDeletion from './plugins/account/deletion.ts'
import { createEntrance } from './plugins/account/entrance.ts'
import accountOverview from './plugins/account/overview.ts'
import accountPassword from './plugins/account/password.ts'
import accountFactors from './plugins/account/factors.ts'
import accountIdentities from './plugins/account/identities.ts'
import accountTokens from './plugins/account/tokens.ts'
import accountProfile from './plugins/account/profile.ts'
import type { GivenSettings } from './plugins/console/operation/settings.ts'
import deviceAuthorization from './plugins/device/device-authorization.ts'
import device from './plugins/device/device.ts'
import confirmAddress from './plugins/links/confirm-address.ts'
import forgotPassword from './plugins/links/forgot-password.ts'
import invitation from './plugins/links/invitation.ts'
import { createInvitationPages } from './plugins/links/invitation-page.ts'
import { createLinkPages } from './plugins/links/link-page.ts'
import { createMailedLinks } from './plugins/links/mailed-links.ts'
import { createOutbox } from './plugins/links/outbox.ts'
import resetPassword from './plugins/links/reset-password.ts'
import { createDenialNoter } from './plugins/gate/denials.ts'
import { createExchanges } from './plugins/gate/exchanges.ts'
import { createCallerFinder } from './plugins/gate/gate-token.ts'
import gateRouting from './plugins/gate/gate-routing.ts'
import { createCurrentCheck, createGateTables } from './plugins/gate/gate-tables.ts'
import forwardAuth from './plugins/gate/forward-auth/forward-auth.ts'
import gate from './plugins/gate/gate.ts'
import { createCommandAsker } from './plugins/gate/commands/ask-command.ts'
import { createCommandPool } from './plugins/gate/commands/command-pool.ts'
import type { StartCommand } from './plugins/gate/commands/start-command.ts'
import { createToolLearner } from './plugins/gate/learned-tools.ts'
import { createToolAudit } from './plugins/gate/tool-audit.ts'
import { createUpstreams } from './plugins/gate/upstream.ts'
import { createHeaderMaker } from './plugins/gate/upstream-headers.ts'
import type { ReadReference } from './plugins/gate/upstream-headers.ts'
import { registerControlRoom } from './plugins/management/control-room.ts'
import type { ControlRoomNeeds } from './plugins/management/control-room.ts'
import { createBackchannelLogout } from './plugins/logout/backchannel-logout.ts'
import logout from './plugins/logout/logout.ts'
import { createLinkMails } from './mail/link-mails.ts'
import { createProviderClients } from './providers/provider-clients.ts'
import type { Storage } from './storage/storage.ts'

export interface AppOptions {
  readonly config: Config
  readonly storage: Storage
  readonly keyset: Keyset
  /** Signs what only the server reads; at least 32 characters. */
  readonly secret: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  readonly logger?: FastifyServerOptions['logger']
  /** What runs: `/readyz` shows its version to this machine, and the console whether another one is due. */
  readonly program?: NonNullable<ControlRoomNeeds['program']>
  /** What was set when the server started, without secrets, for the console to show. */
  readonly given?: GivenSettings
  /** Reads what headers of upstreams refer to. Without it they lead nowhere. */
  readonly readReference?: ReadReference
  /** Keeps metrics; nothing does without it. */
  readonly meter?: Meter
  /** Starts the commands of resources. Without it none starts. */
  readonly startCommand?: StartCommand
  /** Whether this process is the one that runs commands; it is unless this says otherwise. */
  readonly mayRunCommands?: () => Promise<boolean>
  /** For tests: where addresses that strangers hand in lead. No setting reaches it. */
  readonly safeFetch?: SafeFetchOptions
  /** For tests: where addresses of identity providers lead. No setting reaches it. */
  readonly providerFetch?: ProviderFetchOptions
}

/** Also of what is no address: the fetcher refuses that. */
const hostOf = (url: string): string => url.replace(/^\w+:\/\/(?:[^/?#]*@)?([^/?#]*).*$/s, '$1')

export async function buildApp({
  config,
  storage,
  keyset,
  secret,
  now = Date.now,
  logger,
  program,
  given = { settings: {}, secrets: [] },
  readReference = async () => undefined,
  meter = SILENT,
  startCommand = async () => Promise.reject(new Error('commands are not started here')),
  mayRunCommands = async () => true,
  safeFetch: fetchOptions,
  providerFetch,
}: AppOptions): Promise<FastifyInstance> {
  const app = createServer(config, logger)

  // The kernel: what every plugin shares.
  await app.register(settings, { config })
  await app.register(clock, { now })
  await app.register(meterPlugin, { meter })
  await app.register(tracing, { tracer: findTracer(program?.version ?? '') })
  await app.register(storagePlugin, { storage })
  await app.register(keys, { keyset, secret })
  await app.register(resources)
  await app.register(enabledProviders)
  const routes = createRouteTable(app)
  const languages = createLanguages(config.locales)
  const findGateTable = createGateTables(app)

  // What happens to every request. CORS comes before what turns requests away, so that a script can read their answers, too.
  await app.register(pipelining)
  await app.register(gracefulClose)
  await app.register(accepts)
  await app.register(pages, { languages })
  await app.register(errors, { routes })
  await app.register(requestLog)
  await app.register(measuring)
  await app.register(cors)
  await app.register(gateRouting, { findGateTable })
  await app.register(messageRules)
  await app.register(loadShedding)
  await app.register(rateLimits)
  await app.register(formbody, { bodyLimit: BODY_LIMIT })
  await app.register(cookie)
  await app.register(browserBinding)
  await app.register(session)
  await app.register(ownHost)
  const audit = createAudit(app)

  // Who asks: a client, by its id and its keys, which may be on the web; a token; a proof.
  const fetchOutside = createSafeFetch(fetchOptions)
  const safeFetch: SafeFetch = (url, options) => app.traced('fetch', { 'url.host': hostOf(url) }, () => fetchOutside(url, options))
  const waitOutside = createOutsideLane()
  const withClientQuota = createClientQuota(app)
  const findClient = createClientFinder(app, { safeFetch, waitOutside, withClientQuota })
  const verifySignature = createSignatureVerifier(app, { safeFetch, waitOutside })
  const verifyAssertion = createAssertionVerifier(app, { verifySignature })
  const { authenticateClient, authenticateCaller } = createClientAuthentication(app, { findClient, verifyAssertion })
  const verifyDpopProof = createDpopVerifier(app)
  const personal = createPersonalTokenFinder(app)
  const { findAccessToken, askAbout } = createAccessTokenFinder(app, personal)

  // What several endpoints of a concern do alike.
  const validateRegistration = createRegistrationValidator(app, { safeFetch, waitOutside, verifySignature })
  const { openRequestObject, receiveParameters } = createRequestObjects(app, { safeFetch, waitOutside, verifySignature })
  const vault = createVault(secret, config.secretPrevious)
  const askProvider = observeProviderFetch(app, createProviderFetch(providerFetch))
  const connectTo = createConnector(app, createProviderClients(askProvider, now), vault)
  const attempts = createAttempts(app, connectTo)
  const throttle = createLoginThrottle(app)
  const goStraightOn = createStraightOn(app, attempts, throttle)
  const admit = createAdmission(app)
  const followGroups = createGroupFollower(app)
  const linkAccount = createLinking(app, { audit, vault })
  const accounts = createAccounts(app, { audit, admit, vault })
  app.decorate('checkIdentities', createIdentityChecks(app, { connectTo, vault, admit, followGroups }))
  const authorization = createAuthorization(app, { audit, findClient, receiveParameters, goStraightOn })
  const linkMails = createLinkMails(config, languages)
  const mailedLinks = linkMails && createMailedLinks(app, { audit, outbox: createOutbox(app, linkMails) })
  const invitations = createInvitationPages(app, throttle, mailedLinks !== undefined)
  const receiveInvited = createInvitedArrival(app, { audit, accounts, invitations, followGroups })
  const factorLinks = createLinkPages(app, 'factor', throttle)
  const sendBackchannelLogouts = createBackchannelLogout(app, { safeFetch })
  app.decorate('sendBackchannelLogouts', sendBackchannelLogouts)
  const entrance = createEntrance(app)

  // Requests to MCP servers behind this one: they need no route, and nothing below looks at them.
  const isGated = async (id: string) => (await findGateTable()).gated.some(({ resource }) => resource.id === id)
  const pool = createCommandPool(app, { startCommand, mayRun: mayRunCommands, isCurrent: createCurrentCheck(findGateTable) })
  const findCaller = createCallerFinder(app, { findAccessToken, verifyDpopProof })
  const [noteDenial, toolAudit] = [createDenialNoter(audit), createToolAudit(app)]
  await app.register(forwardAuth, { findCaller, findGateTable, noteDenial, toolAudit })
  await app.register(gate, {
    noteDenial,
    findCaller,
    exchanges: createExchanges(app, { findAccessToken, findRights: createRightsFinder(app, personal), isGated }),
    askUpstream: createUpstreams(app),
    askCommand: createCommandAsker(pool),
    toolAudit,
    toolLearner: createToolLearner(app),
    makeHeaders: createHeaderMaker(app, readReference),
  })

  // A client discovers the server (at the root of the host, even if the issuer has a path), registers, sends the person, gets tokens
  // and uses them.
  await app.register(metadata, { routes, languages: languages.tags })
  await app.register(
    async (server) => {
      await server.register(jwks)
      await server.register(registration, { audit, validateRegistration, withClientQuota })
      await server.register(clientConfiguration, { audit, validateRegistration })
      await server.register(pushedRequests, { authenticateClient, verifyDpopProof, openRequestObject, authorization })
      await server.register(authorize, { authorization })
      await server.register(login, { audit, throttle, authorization })
      await server.register(providerLogin, {
        audit,
        throttle,
        attempts,
        accounts,
        followGroups,
        linkAccount,
        receiveInvited,
        authorization,
      })
      await server.register(providerLogout, { audit, connectTo })
      await server.register(passkeyLogin, { audit, throttle, authorization })
      await server.register(codeLogin, { audit, throttle, authorization, mailFactor: mailedLinks?.mailFactor })
      await server.register(factorSetUp, { audit, throttle, authorization, factorLinks })
      await server.register(factorLink, { audit, throttle, factorLinks })
      await server.register(consent, { audit, authorization })
      await server.register(token, { audit, authenticateClient, verifyDpopProof, personal })
      await server.register(deviceAuthorization, { authenticateClient })
      await server.register(device, { audit, throttle, findClient })
      await server.register(invitation, { audit, throttle, invitations, mailedLinks })
      await server.register(invitedLogin, { audit, attempts, invitations })
      if (mailedLinks !== undefined) await server.register(forgotPassword, { throttle, mailedLinks })
      await server.register(confirmAddress, { audit, throttle })
      await server.register(resetPassword, { audit, throttle })
      await server.register(userinfo, { findAccessToken, verifyDpopProof })
      await server.register(introspection, { authenticateCaller, askAbout })
      await server.register(revocation, { audit, authenticateClient, findAccessToken, verifyDpopProof })
      await server.register(logout, { sendBackchannelLogouts })
      await server.register(accountOverview, { audit, entrance })
      await server.register(accountProfile, { audit, entrance, mailConfirmation: mailedLinks?.mailConfirmation })
      await server.register(accountPassword, { audit, entrance })
      await server.register(accountFactors, { audit, entrance })
      await server.register(accountIdentities, { audit, entrance, throttle, attempts })
      await server.register(accountTokens, { audit, entrance })
      await server.register(accountDeletion, { audit, entrance })
      await server.register(accountData, { entrance })
    },
    { prefix: app.settings.base },
  )

  // Operators manage the server.
  await registerControlRoom(app, { findAccessToken, verifyDpopProof, secret, program, given })

  // For orchestrators and people; these put the issuer's path in front themselves.
  await app.register(health, { version: program?.version })
  await app.register(home, { routes })
  await app.register(assets)
  return app
}
