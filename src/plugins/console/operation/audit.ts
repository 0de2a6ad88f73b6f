/** GET /admin/audit: who changed what, the newest first, by kind, user, client and day. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import type { AuditEvent, EventKey } from '../../../domain/audit/audit-event.ts'
import { canonicalUsername } from '../../../domain/user/username.ts'
import { eventFor } from '../../../operations/audit.ts'
import { ConsoleQuery } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell, Field } from '../../pages/console-models.ts'
import { createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { code, fieldOf, searchOf, tableOf, text } from '../parts.ts'
import { PAGE, afterOf, pagerOf, say } from '../show.ts'

const AuditQuery = Type.Object({
  ...ConsoleQuery.properties,
  kind: Type.Optional(Parameter(32)),
  user: Type.Optional(Parameter(256)),
  client: Type.Optional(Parameter(2048)),
  since: Type.Optional(Parameter(10)),
})
type AuditQuery = Static<typeof AuditQuery>

/** What events are about: the first word of their names. */
export const EVENT_KINDS = [
  ...[
    'access',
    'access_rule',
    'admission_rule',
    'client',
    'clients',
    'consent',
    'console',
    'factor',
    'grant',
    'group',
    'identity',
    'key',
    'keys',
  ],
  ...['link', 'login', 'passkey', 'personal_token', 'provider', 'recovery_code', 'recovery_codes', 'registration_token', 'resource'],
  ...['session', 'tool', 'user'],
]
/** How many events are read for a page, of which most may be of other kinds. */
const READ_AT_MOST = 1000

/** JSON on one line that breaks between its members. */
const spacedJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 1)
    .replaceAll(/(?<=[{[])\n *|\n *(?=[}\]])/g, '')
    .replaceAll(/\n */g, ' ')

const audit: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { users, auditEvents } = app.storage
  const path = app.settings.base + CONSOLE.audit
  const section = 'audit'

  page({ path: CONSOLE.audit, query: AuditQuery }, async ({ visit, query, moment }) => {
    const after = afterOf(query, [0, ''] as [number, string])
    const { events, next } = await read(query, after && { at: after[0], id: after[1] })
    const columns = ['at', 'event', 'actor', 'client', 'network', 'details'].map((name) => `console.column.${name}`)
    const rows = events.map((event) => ({ cells: describe(eventFor(visit.context)(event), moment) }))
    const { kind, user, client, since } = query
    const searched = Object.fromEntries(Object.entries({ kind, user, client, since }).filter(([, value]) => value)) as Record<
      string,
      string
    >
    const table = tableOf('events', columns, rows, {
      empty: 'console.audit.none',
      ...pagerOf(path, query, searched, next && [next.at, next.id]),
    })
    return { section, heading: say('console.audit'), parts: [searchOf(path, fieldsOf(query)), table] }
  })

  /** A page of events, and the last one that was looked at if there are more. */
  async function read(
    { kind, user: named, client, since = '' }: AuditQuery,
    before: EventKey | undefined,
  ): Promise<{ events: AuditEvent[]; next?: AuditEvent | undefined }> {
    const user = named ? await users.findByUsername(canonicalUsername(named)) : undefined
    if (named && user === undefined) return { events: [] }
    const isWanted = ({ name, clientId }: AuditEvent): boolean => (!kind || name.startsWith(`${kind}.`)) && (!client || clientId === client)
    const limit = kind ? READ_AT_MOST : PAGE + 1
    const of = { userId: user?.id, clientId: client || undefined, since: Date.parse(since) || 0 }
    const found = await auditEvents.list({ ...of, before, limit })
    const wanted = found.filter(isWanted)
    const events = wanted.slice(0, PAGE)
    return { events, next: wanted.length > PAGE ? events.at(-1) : found.length === limit ? found.at(-1) : undefined }
  }

  const describe = ({ at, name, actor, clientId, address, details, times, lastAt }: AuditEvent, moment: (at: number) => string): Cell[] => [
    times === undefined ? text(moment(at)) : { say: say('console.audit.times', { at: moment(at), times, last: moment(lastAt!) }) },
    code(name),
    text(actor),
    code(clientId),
    code(address),
    Object.keys(details).length === 0 ? text(undefined) : { text: spacedJson(details), code: 'long' },
  ]

  const fieldsOf = ({ kind, user = '', client = '', since = '' }: AuditQuery): Field[] => [
    fieldOf('kind', 'console.audit.kind', {
      type: 'select',
      options: [
        { value: '', isChosen: !kind, say: say('console.audit.all') },
        ...EVENT_KINDS.map((value) => ({ value, isChosen: value === kind, text: value })),
      ],
    }),
    fieldOf('user', 'console.column.username', { value: user }),
    fieldOf('client', 'console.column.client', { value: client, maxlength: 2048 }),
    fieldOf('since', 'console.audit.since', { type: 'date', value: since }),
  ]
}

export default fp(audit, { name: 'console-audit', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
