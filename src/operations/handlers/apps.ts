/** Handlers of operations on clients, MCP servers, rules and the server itself. */
import { renderClientMetadata } from '../../domain/client/client-information.ts'
import type { Client } from '../../domain/client/client.ts'
import type { Gate } from '../../domain/gate/gate.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { accessJson, explainAccess } from '../access/explain.ts'
import { addRule, deleteRule, listRules, ruleJson } from '../access/rules.ts'
import { addAdmissionRule, admissionRuleJson, deleteAdmissionRule, listAdmissionRules } from '../admission/admission.ts'
import { explainAdmission } from '../admission/explain.ts'
import { eventFor, eventJson, listEvents, listEventsAfter } from '../audit.ts'
import { approveClient, refuseClient } from '../clients/client-approval.ts'
import { clientJson } from '../clients/client-json.ts'
import { holdClientToProfile } from '../clients/client-profile.ts'
import * as clients from '../clients/clients.ts'
import { initialAccessTokenJson } from '../clients/initial-access-token-json.ts'
import { createInitialAccessToken, deleteInitialAccessToken, listInitialAccessTokens } from '../clients/initial-access-tokens.ts'
import type { OperationContext } from '../context.ts'
import { findRevocableKey, keyJson, listKeys, revokeKey, rotateKeys } from '../keys.ts'
import type { Outcome } from '../outcome.ts'
import { resourceJson } from '../resources/resource-json.ts'
import * as resources from '../resources/resources.ts'
import { readStatus, statusJson } from '../status.ts'
import type { APP_ROUTES } from '../../schemas/management/apps.ts'
import { camelCased, nothing, numberOf, page, readCursor, readKey, shown, withValue } from './handler.ts'
import type { Handlers } from './handler.ts'
import { PROVIDER_HANDLERS } from './providers.ts'

type Params = Readonly<Record<string, string>>

const onClient = <R>(context: OperationContext, params: Params, work: (client: Client) => Promise<Outcome<R>>): Promise<Outcome<R>> =>
  withValue(clients.findClient(context, params['client_id']!), work)

const changeClient = (context: OperationContext, params: Params, work: (client: Client) => Promise<Outcome<unknown>>) =>
  onClient(context, params, (client) => withValue(work(client), () => shown(clients.findClient(context, client.id), clientJson)))

const onResource = <R>(context: OperationContext, { id }: Params, work: (resource: Resource) => Promise<Outcome<R>>) =>
  withValue(resources.findResource(context, id!), work)

export interface SafeGate extends Pick<Gate, 'identity' | 'tools'> {
  readonly upstream: boolean
  /** Whether it is said how a command runs. */
  readonly process: boolean
  readonly upstream_headers: readonly string[]
}

/** Over a network, that requests are forwarded, and under which names secrets go along; never where to, nor what they are. */
const resourceOf =
  ({ actor }: OperationContext) =>
  (resource: Resource): Omit<ReturnType<typeof resourceJson>, 'gate'> & { readonly gate?: Gate | SafeGate } => {
    const { gate, ...members } = resourceJson(resource)
    if (gate === undefined) return members
    if (actor.atMachine) return { ...members, gate }
    const { upstream, process, headers, identity, tools } = gate
    const isSet = { upstream: upstream !== undefined, process: process !== undefined }
    return { ...members, gate: { ...isSet, upstream_headers: headers.map(({ name }) => name), identity, tools } }
  }

export const APP_HANDLERS = {
  ...PROVIDER_HANDLERS,
  'client.list': (context, { query: { search, waiting, limit, cursor } }) =>
    withValue(Promise.resolve(readCursor(cursor)), (after) =>
      shown(
        clients.listClients(context, { search, after, waiting: waiting === 'true', limit: numberOf(limit) }),
        ({ clients: found, more }) => page(found.map(clientJson), more, more ? found.at(-1)!.id : undefined),
      ),
    ),
  'client.add': (context, { body: { profile, management, ...request } }) =>
    shown(clients.addClient(context, request, { profile, management }), ({ client, secret }) => ({
      client_id: client.id,
      ...(secret !== undefined && { client_secret: secret }),
      ...renderClientMetadata(client.metadata),
    })),
  'client.show': (context, { params }) =>
    shown(clients.showClient(context, params['client_id']!), ({ client, liveGrants }) => ({
      ...clientJson(client),
      live_grants: liveGrants,
    })),
  'client.hold-to-profile': (context, { params, body }) =>
    changeClient(context, params, (client) => holdClientToProfile(context, client, body)),
  'client.approve': (context, { params }) => changeClient(context, params, (client) => approveClient(context, client)),
  'client.refuse': (context, { params }) => changeClient(context, params, (client) => refuseClient(context, client)),
  'client.disable': (context, { params }) => changeClient(context, params, (client) => clients.disableClient(context, client)),
  'client.enable': (context, { params }) => changeClient(context, params, (client) => clients.enableClient(context, client)),
  'client.delete': (context, { params }) => nothing(onClient(context, params, (client) => clients.deleteClient(context, client))),
  'client.rotate-secret': (context, { params, body: { overlap } }) =>
    onClient(context, params, (client) => clients.rotateClientSecret(context, client, { overlap })),
  'resource.list': (context) => shown(resources.listResources(context), (found) => page(found.map(resourceOf(context)))),
  'resource.find': (context, { params }) => shown(resources.findResource(context, params['id']!), resourceOf(context)),
  'resource.add': (context, { body: { resource: identifier, ...members } }) =>
    shown(resources.addResource(context, { ...camelCased(members), identifier }), ({ resource, secret }) => ({
      ...resourceOf(context)(resource),
      secret,
    })),
  'resource.update': (context, { params, body }) =>
    shown(
      onResource(context, params, (resource) => resources.updateResource(context, resource, camelCased(body))),
      resourceOf(context),
    ),
  'resource.keep-tools': (context, { params, body }) =>
    shown(
      onResource(context, params, (resource) => resources.keepTools(context, resource, body.tools)),
      resourceOf(context),
    ),
  'resource.rotate-secret': (context, { params }) =>
    shown(
      onResource(context, params, (resource) => resources.rotateResourceSecret(context, resource)),
      (secret) => ({ secret }),
    ),
  'resource.delete': (context, { params }) =>
    nothing(onResource(context, params, (resource) => resources.deleteResource(context, resource))),
  'access-rule.list': (context, { query }) => shown(listRules(context, query.resource), (rules) => page(rules.map(ruleJson))),
  'access-rule.add': (context, { body: { effect, resource, ...members } }) =>
    shown(addRule(context, effect, resource, camelCased(members)), (added) => ({ ...ruleJson(added), closes: added.closes })),
  'access-rule.delete': (context, { params }) =>
    shown(deleteRule(context, params['id']!), (deleted) => ({ ...ruleJson(deleted), opens: deleted.opens })),
  'access-rule.explain': (context, { query: { user: username, ...asked } }) =>
    shown(explainAccess(context, { username, ...asked }), accessJson),
  'admission.list': (context) => shown(listAdmissionRules(context), (rules) => page(rules.map(admissionRuleJson))),
  'admission.add': (context, { body: { rule: raw, group } }) =>
    shown(addAdmissionRule(context, raw, group), ({ text: rule, kind }) => ({ rule, kind, ...(group !== undefined && { group }) })),
  'admission.delete': (context, { query }) => shown(deleteAdmissionRule(context, query.rule), ({ text: rule, kind }) => ({ rule, kind })),
  'admission.explain': (context, { query }) => explainAdmission(context, query.email),
  'initial-access-token.list': (context) => shown(listInitialAccessTokens(context), (found) => page(found.map(initialAccessTokenJson))),
  'initial-access-token.create': (context, { body: { name, ...members } }) =>
    shown(createInitialAccessToken(context, { ...camelCased(members), name }), ({ record, token }) => ({
      ...initialAccessTokenJson(record),
      token,
    })),
  'initial-access-token.delete': (context, { params }) => nothing(deleteInitialAccessToken(context, params['name']!)),
  'key.list': (context) => shown(listKeys(context), (keys) => page(keys.map(keyJson))),
  'key.rotate': (context) => shown(rotateKeys(context), ({ keys }) => page(keys.map((key) => keyJson({ key, state: 'next' })))),
  'key.revoke': (context, { params }) => nothing(withValue(findRevocableKey(context, params['kid']!), (kid) => revokeKey(context, kid))),
  'event.list': (context, { query: { client, user, since, limit, cursor, oldest_first: oldestFirst } }) => {
    const at = readKey(cursor)
    if (!at.ok) return Promise.resolve(at)
    const asked = { clientId: client, user, since: since === undefined ? undefined : Date.parse(since), limit: numberOf(limit) }
    const found = oldestFirst === 'true' ? listEventsAfter(context, asked, at.value) : listEvents(context, asked, at.value)
    return shown(found, ({ events, more, last }) => page(events.map(eventFor(context)).map(eventJson), more, last))
  },
  'server.read-status': (context) => shown(readStatus(context), statusJson),
} satisfies Handlers<keyof typeof APP_ROUTES>
