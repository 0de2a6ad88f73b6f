/**
 * GET /admin/clients/client?id=ID: one client, with what it registered and who uses it; and its forms. What is approved is the registration that the
 * page showed: the form has its digest.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import { documentHost } from '../../../domain/client/client-document.ts'
import type { Client } from '../../../domain/client/client.ts'
import { shareKey } from '../../../domain/client/shared-client.ts'
import { ok } from '../../../domain/protocol/result.ts'
import { approveClient, refuseClient } from '../../../operations/clients/client-approval.ts'
import { deleteClient, disableClient, enableClient, findClient } from '../../../operations/clients/clients.ts'
import type { OperationContext } from '../../../operations/context.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { changedMeanwhile } from '../../../operations/outcome.ts'
import type { Outcome } from '../../../operations/outcome.ts'
import { ConsoleClients, ConsoleForm, IdForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { ConsolePart } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { missing } from '../missing.ts'
import { code, factsOf, formOf, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'
import type { ConsoleNotice } from '../show.ts'
import { stateOf } from './clients.ts'

/** Most grants that the page shows. */
const MOST = 50

type ById = ConsoleFormBody & { readonly id: string }

interface Change {
  readonly operation: OperationName
  readonly run: (context: OperationContext, client: Client) => Promise<Outcome<void>>
  readonly notice: ConsoleNotice
  readonly to?: string
  readonly weight: 'primary' | 'usual' | 'danger'
  /** For which clients there is a button. */
  readonly fits: (client: Client) => boolean
}

const isOthers = ({ origin }: Client): boolean => origin !== 'operator'
const isEnabled = ({ disabledAt }: Client): boolean => disabledAt === undefined

/** What is `danger` ends something, so that the person is asked first. */
const CHANGES: Readonly<Record<string, Change>> = {
  refuse: {
    operation: 'client.refuse',
    run: refuseClient,
    notice: 'changed',
    weight: 'danger',
    fits: (client) => isOthers(client) && client.approval !== 'refused',
  },
  disable: { operation: 'client.disable', run: disableClient, notice: 'changed', weight: 'danger', fits: isEnabled },
  enable: { operation: 'client.enable', run: enableClient, notice: 'changed', weight: 'usual', fits: (client) => !isEnabled(client) },
  delete: { operation: 'client.delete', run: deleteClient, notice: 'deleted', to: CONSOLE.clients, weight: 'danger', fits: () => true },
}

const mayBeApproved = (client: Client): boolean => isOthers(client) && isEnabled(client) && client.approval !== 'approved'

const client: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base } = app.settings
  const { clients, grants } = app.storage
  const act = createActions(app, console)
  const path = base + CONSOLE.clients
  const section = 'clients'
  const pageOf = (id: string): string => `${CONSOLE.clients}/client?id=${encodeURIComponent(id)}`

  page({ path: `${CONSOLE.clients}/client`, query: ConsoleClients }, async ({ visit, query, language, moment }) => {
    const found = await clients.find(query.id ?? '')
    if (found === undefined) return missing()
    const parts = [await describe(found, moment), await describeGrants(found, moment), ...changesOf(visit, found)]
    const state = stateOf(found)
    const heading = say('console.client', { client: displayName(found, language) })
    const back = { to: path, say: say('console.clients') }
    return { section, heading, marks: state === undefined ? [] : [state], parts, back }
  })

  async function describe(found: Client, moment: (at: number) => string): Promise<ConsolePart> {
    const { id, origin, metadata, createdAt, authorizedAt, lastUsedAt } = found
    const when = (at: number | undefined) => text(at === undefined ? undefined : moment(at))
    const host = documentHost(found)
    return factsOf('client', [
      ['console.column.id', code(id)],
      ['console.column.origin', words(`console.client.origin.${origin}`)],
      ...(host === undefined ? [] : [['console.column.host', code(host)] as const]),
      ['console.column.redirect', ...(metadata.redirectUris.length === 0 ? [text(undefined)] : metadata.redirectUris.map(code))],
      ['console.column.grant-types', text(metadata.grantTypes.join(', '))],
      ['console.column.method', text(metadata.tokenEndpointAuthMethod)],
      ['console.column.created', when(createdAt)],
      ['console.column.allowed', when(authorizedAt)],
      ['console.column.used', when(lastUsedAt)],
      ['console.number.grants', text(await grants.countLive(id, app.now()))],
    ])
  }

  async function describeGrants({ id }: Client, moment: (at: number) => string): Promise<ConsolePart> {
    const live = await grants.list({ clientId: id, now: app.now(), limit: MOST })
    const rows = live.map(({ grant: { userId, resources, createdAt }, username, refreshedAt = createdAt }): Row => ({
      cells: [
        { text: username, link: `${base}${CONSOLE.people}/${encodeURIComponent(userId)}` },
        code(resources.join(' ')),
        text(moment(createdAt)),
        text(moment(refreshedAt)),
      ],
    }))
    const columns = ['console.column.username', 'console.column.resource', 'console.column.since', 'console.column.used']
    return tableOf('grants', columns, rows, { title: say('console.client.grants'), empty: 'console.client.grants.none' })
  }

  /** What this visitor may do to this client. */
  function changesOf(visit: Visit, found: Client): ConsolePart[] {
    const form = (
      name: string,
      operation: OperationName,
      weight: Change['weight'],
      fits: boolean,
      more: { name: string; value: string }[] = [],
    ) =>
      fits && mayDo(visit, operation)
        ? [
            formOf(name, visit, {
              title: say(`console.client.${name}`),
              note: say(`console.client.${name}.note`),
              action: `${path}/${name}`,
              hidden: [{ name: 'id', value: found.id }, ...more],
              submit: `console.do.${name}`,
              weight,
            }),
          ]
        : []
    const seen = { name: 'seen', value: shareKey(found.metadata) }
    return [
      ...form('approve', 'client.approve', 'primary', mayBeApproved(found), [seen]),
      ...Object.entries(CHANGES).flatMap(([name, { operation, weight, fits }]) => form(name, operation, weight, fits(found))),
    ]
  }

  act<ById & { readonly seen: string }>({
    path: `${CONSOLE.clients}/approve`,
    form: ConsoleForm({ id: Parameter(2048), seen: Parameter(64) }),
    operation: 'client.approve',
    section,
    back: ({ id }) => pageOf(id),
    async run({ context }, { id, seen }) {
      const found = await findClient(context, id)
      if (!found.ok) return found
      if (shareKey(found.value.metadata) !== seen) return changedMeanwhile(id)
      const done = await approveClient(context, found.value)
      return done.ok ? ok({ notice: 'changed' }) : done
    },
  })

  for (const [name, { operation, run, notice, to, weight }] of Object.entries(CHANGES))
    act<ById>({
      path: `${CONSOLE.clients}/${name}`,
      form: IdForm,
      operation,
      section,
      back: ({ id }) => pageOf(id),
      ...(weight === 'danger' && {
        ask: (_visit, { id }) => ({
          heading: say(`console.ask.${name}-client`, { client: id }),
          lead: say(`console.client.${name}.note`),
          submit: say(`console.do.${name}`),
        }),
      }),
      async run({ context }, { id }) {
        const found = await findClient(context, id)
        if (!found.ok) return found
        const done = await run(context, found.value)
        return done.ok ? ok({ notice, ...(to !== undefined && { to }) }) : done
      },
    })
}

export default fp(client, { name: 'console-client', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'pages'] })
