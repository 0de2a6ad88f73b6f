/** GET /admin: what needs a hand, and how much there is; POST /admin/leave closes the console. The numbers are those of the command `status`. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { databaseName } from '../../config/database-name.ts'
import { isInMemory, sqlitePathOf } from '../../domain/protocol/sqlite-path.ts'
import { listProviders } from '../../operations/providers/providers.ts'
import { inMegabytes, readStatus } from '../../operations/status.ts'
import type { Status } from '../../operations/status.ts'
import { NoMembers } from '../../schemas/console.ts'
import { CONSOLE, PATHS } from '../../schemas/paths.ts'
import type { Cell } from '../pages/console-models.ts'
import { createPages } from './actions.ts'
import type { Console } from './actions.ts'
import type { Visit } from './entrance.ts'
import { found } from './missing.ts'
import { factsOf, tableOf, text, words } from './parts.ts'
import type { Row } from './parts.ts'
import { say } from './show.ts'

/** Free room on the disk of the database under which somebody should look, in bytes. */
const LITTLE_ROOM = 1_000_000_000
const DAY_MS = 86_400_000
/** Up to how many records are counted, as counting takes long among millions: the command `status` counts all. */
const MOST = 50_000

const overview: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { entrance } = console
  const { base, databaseUrl } = app.settings

  page({ path: CONSOLE.overview }, async ({ visit, moment }) => {
    const status = found(await readStatus(visit.context, { most: MOST + 1 }))
    const free = await freeRoom()
    const needs = [
      ...waitingClients(status),
      ...(await failingProviders(visit)),
      ...turningKeys(status, moment),
      ...fullDisk(free),
      ...dueVersions(status),
    ]
    const heading = say('console.overview')
    const parts = [
      tableOf('needs', ['console.column.what', 'console.column.state'], needs, {
        title: say('console.needs'),
        empty: 'console.needs.none',
      }),
      factsOf('numbers', numbersOf(status, free, moment), { title: say('console.numbers') }),
    ]
    return { section: 'overview', heading, parts }
  })

  app.post(CONSOLE.leave, { attachValidation: true, schema: { body: NoMembers }, config: { audience: 'page' } }, async (request, reply) => {
    const visit = await entrance.receive(request, reply, PATHS.account)
    if (visit === undefined) return reply
    await entrance.close(request, reply)
    return reply.header('cache-control', 'no-store').redirect(base + PATHS.account, 303)
  })

  const waitingClients = ({ waiting = 0 }: Status): Row[] =>
    waiting === 0
      ? []
      : [
          {
            cells: [
              { say: say('console.needs.clients'), link: `${base}${CONSOLE.clients}?waiting=yes` },
              { say: say('console.needs.waiting', { count: waiting }), mark: 'plain' },
            ],
          },
        ]

  async function failingProviders({ context }: Visit): Promise<Row[]> {
    const silent = await app.storage.identities.listUnreachable()
    return found(await listProviders(context))
      .filter(({ id }) => silent.has(id))
      .map(({ id, name }) => ({
        cells: [
          { text: name, link: base + CONSOLE.providers },
          { say: say('console.needs.provider', { people: silent.get(id)! }), mark: 'bad' },
        ],
      }))
  }

  function turningKeys({ keys }: Status, moment: (at: number) => string): Row[] {
    return keys
      .filter(({ state }) => state === 'next')
      .map(({ key: { alg, kid, activeAt } }) => ({
        cells: [
          { text: `${alg} ${kid}`, link: base + CONSOLE.keys, code: true },
          { say: say('console.needs.key', { at: moment(activeAt) }), mark: 'plain' },
        ],
      }))
  }

  function numbersOf(status: Status, free: number | undefined, moment: (at: number) => string): [string, ...Cell[]][] {
    const { version, node, users, clients, grants, sessions, logins, failedLogins, size, schemaVersion, issuer, keys } = status
    return [
      ['console.number.version', text(version), ...(node === undefined ? [] : [text(`Node.js ${node}`)])],
      ['console.number.issuer', { text: issuer, code: true }],
      [
        'console.number.database',
        text(`${databaseName(databaseUrl)}, ${inMegabytes(size)}`),
        words('console.number.schema', { version: schemaVersion }),
      ],
      ...(free === undefined ? [] : [['console.number.disk', text(inMegabytes(free))] as [string, Cell]]),
      ['console.number.users', { ...upTo(users), link: base + CONSOLE.people }],
      ['console.number.clients', { ...upTo(clients), link: base + CONSOLE.clients }],
      ['console.number.grants', { ...upTo(grants), link: base + CONSOLE.grants }],
      ['console.number.sessions', text(sessions)],
      ['console.number.logins', words('console.number.logins.text', { logins, failed: failedLogins })],
      ...keys.map(({ key: { alg, kid, activeAt }, state }): [string, Cell] => [
        'console.number.keys',
        keyCell(`${alg} ${kid}`, state, activeAt, moment),
      ]),
    ]
  }

  const keyCell = (key: string, state: string, activeAt: number, moment: (at: number) => string): Cell =>
    state === 'next'
      ? words('console.number.key.next', { key, at: moment(activeAt) })
      : words('console.number.key', { key, at: moment(activeAt), days: Math.floor((app.now() - activeAt) / DAY_MS) })

  /** Room on the disk of an embedded database; nobody here knows that of another one. */
  async function freeRoom(): Promise<number | undefined> {
    const path = sqlitePathOf(databaseUrl)
    if (path === undefined || isInMemory(databaseUrl)) return undefined
    const { bavail, bsize } = await statfs(dirname(path))
    return bavail * bsize
  }
}

export const upTo = (count: number): Cell => (count > MOST ? words('console.number.many', { count: MOST }) : text(count))

/** Somebody should look before nothing can be stored any more. `free`: in bytes, if that is known. */
export const fullDisk = (free: number | undefined): Row[] =>
  free === undefined || free >= LITTLE_ROOM
    ? []
    : [{ cells: [words('console.needs.disk'), { say: say('console.needs.room', { room: inMegabytes(free) }), mark: 'bad' }] }]

/** Another version, or another Node.js: the sentences are those of the command, in the language of the page. */
const dueVersions = ({ versionNeeds }: Status): Row[] =>
  versionNeeds.map(({ kind, values }) => ({ cells: [words('console.number.version'), words(`console.needs.version.${kind}`, values)] }))

export default fp(overview, { name: 'console-overview', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'pages'] })
