/**
 * The pages and forms of the console: who may, whether somebody meant it, and what came of it. Owns the order of these steps; not what is
 * shown or done (operations/).
 */
import type { Static, TObject } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { suffices } from '../../domain/user/role.ts'
import { OPERATIONS, roleNeeded } from '../../operations/operations.ts'
import type { Operation, OperationName } from '../../operations/operations.ts'
import type { Outcome, ProblemKind } from '../../operations/outcome.ts'
import { ConsoleQuery } from '../../schemas/console.ts'
import type { ConsoleFormBody } from '../../schemas/console.ts'
import type { ConsolePart, Sentence } from '../pages/console-models.ts'
import { momentIn } from '../pages/moment.ts'
import type { ConsoleEntrance, Visit } from './entrance.ts'
import { say } from './show.ts'
import type { ConsoleNotice, Show, Shown } from './show.ts'

/** What the console needs on every page. */
export interface Console {
  readonly entrance: ConsoleEntrance
  readonly show: Show
}

/** What came of a form: where it leads, or a page with something that is shown this once. */
export type Done = { readonly notice: ConsoleNotice; readonly to?: string } | Omit<Shown, 'section' | 'back'>

export interface Action<B extends ConsoleFormBody> {
  readonly path: string
  readonly form: TObject
  readonly operation: OperationName
  readonly section: string
  /** Of the page that has the form. */
  back(body: B): string
  /** What is asked first, because something ends; nothing for what ends nothing. */
  ask?(visit: Visit, body: B): Question | undefined | Promise<Question | undefined>
  run(visit: Visit, body: B): Promise<Outcome<Done>>
}

/** What a page is asked for, and by whom. */
export interface Asked<Q, P> {
  readonly visit: Visit
  readonly query: Q
  readonly params: P
  readonly language: string
  /** An instant, in words of that language. */
  readonly moment: (at: number) => string
}

export interface Question {
  readonly heading: Sentence
  readonly lead: Sentence
  readonly submit: Sentence
}

const STATUS: Readonly<Record<ProblemKind, number>> = { 'not-found': 404, conflict: 409, invalid: 400, forbidden: 403 }

/** Whether somebody's role is enough for an operation, and the operation is one for the network. */
export function mayDo({ role }: Pick<Visit, 'role'>, name: OperationName): boolean {
  const { commandLineOnly }: Operation = OPERATIONS[name]
  return commandLineOnly !== true && suffices(role, roleNeeded(name))
}

/** Adds pages to the server. */
export function createPages(app: FastifyInstance, { entrance, show }: Console) {
  return function page<Q extends TObject = typeof ConsoleQuery, P extends TObject = TObject>(
    { path, query, params }: { readonly path: string; readonly query?: Q; readonly params?: P },
    build: (asked: Asked<Static<Q>, Static<P>>) => Promise<Shown> | Shown,
  ): void {
    const schema = { querystring: query ?? ConsoleQuery, ...(params !== undefined && { params }) }
    app.get(path, { attachValidation: true, schema, config: { audience: 'page' } }, async (request, reply) => {
      const visit = await entrance.open(request, reply)
      if (visit === undefined) return reply
      const language = reply.pageLanguage((request.query as ConsoleQuery).ui_locales)
      const asked = { visit, query: request.query as Static<Q>, params: request.params as Static<P> }
      return show(reply, visit, await build({ ...asked, language, moment: momentIn(language) }))
    })
  }
}

/** Adds forms to the server. */
export function createActions(app: FastifyInstance, { entrance, show }: Console) {
  const { base } = app.settings

  return function act<B extends ConsoleFormBody>(action: Action<B>): void {
    const { path, form, operation, section, ask, run } = action
    app.post(path, { attachValidation: true, schema: { body: form }, config: { audience: 'page' } }, async (request, reply) => {
      const body = request.body as B
      const visit = await entrance.receive(request, reply, `/admin/${section}`)
      if (visit === undefined) return reply
      if (!mayDo(visit, operation))
        throw new OAuthError('access_denied', `a ${visit.role} may not do this: it takes the role ${roleNeeded(operation)}`, {
          status: 403,
        })
      const question = body.confirmed === 'yes' ? undefined : await ask?.(visit, body)
      if (question !== undefined) return confirm(reply, visit, action, body, question)
      const outcome = await run(visit, body)
      const back = { to: base + action.back(body), say: say('console.back') }
      if (!outcome.ok) {
        const { kind, message } = outcome.error
        return show(reply, visit, {
          section,
          heading: say('console.problem.title'),
          problem: message,
          back,
          parts: [],
          status: STATUS[kind],
        })
      }
      const done = outcome.value
      if (!('notice' in done)) return show(reply, visit, { ...done, section, back })
      const to = new URL(base + (done.to ?? action.back(body)), app.settings.issuer)
      to.searchParams.set('notice', done.notice)
      return reply.header('cache-control', 'no-store').redirect(to.pathname + to.search, 303)
    })
  }

  /** The same form once more, as a question. */
  function confirm<B extends ConsoleFormBody>(
    reply: FastifyReply,
    visit: Visit,
    action: Action<B>,
    body: B,
    { heading, lead, submit }: Question,
  ) {
    const given = Object.entries(body).filter(([name]) => name !== 'token' && name !== 'confirmed') as [string, string | string[]][]
    const hidden = given.flatMap(([name, value]) => [value].flat().map((each) => ({ name, value: each })))
    const back = base + action.back(body)
    const part: ConsolePart = {
      id: 'confirm',
      form: {
        action: base + action.path,
        method: 'post',
        hidden: [{ name: 'token', value: visit.token }, { name: 'confirmed', value: 'yes' }, ...hidden],
        fields: [],
        submit,
        weight: 'danger',
      },
      cancel: { to: back, say: say('console.cancel') },
    }
    return show(reply, visit, { section: action.section, heading, lead, parts: [part], back: { to: back, say: say('console.back') } })
  }
}
