/** The forms of one account. Owns which question comes first, and where each leads; not who may (operations/users). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import type { User } from '../../../domain/user/user.ts'
import type { OperationContext } from '../../../operations/context.ts'
import { revokeGrant } from '../../../operations/grants.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { notFound } from '../../../operations/outcome.ts'
import type { Outcome } from '../../../operations/outcome.ts'
import { endSession, endUserSessions } from '../../../operations/sessions.ts'
import { resetFactors } from '../../../operations/users/factors.ts'
import { unlinkUser } from '../../../operations/users/identities.ts'
import { makeResetLink } from '../../../operations/users/links.ts'
import { changeRole } from '../../../operations/users/roles.ts'
import { deleteUser, disableUser, enableUser, unlockUser } from '../../../operations/users/users.ts'
import { ConsoleForm, IdForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import { createActions } from '../actions.ts'
import type { Action, Console, Done, Question } from '../actions.ts'
import { say } from '../show.ts'
import type { ConsoleNotice } from '../show.ts'
import { describeLink } from './links.ts'

type ById = ConsoleFormBody & { readonly id: string }
type OfUser = ConsoleFormBody & { readonly id: string; readonly user: string }

/** A change of one account that needs nothing but to be said. */
interface Change {
  readonly operation: OperationName
  readonly run: (context: OperationContext, user: User) => Promise<Outcome<void>>
  readonly notice: ConsoleNotice
  /** Whether something ends, so that the person is asked. */
  readonly ends?: true
  /** Where to afterwards, if not back to the account. */
  readonly to?: string
}

const CHANGES: Readonly<Record<string, Change>> = {
  disable: { operation: 'user.disable', run: disableUser, notice: 'changed', ends: true },
  enable: { operation: 'user.enable', run: enableUser, notice: 'changed' },
  unlock: { operation: 'user.unlock', run: unlockUser, notice: 'done' },
  'end-sessions': { operation: 'session.end-all', run: endUserSessions, notice: 'ended', ends: true },
  'reset-factors': { operation: 'user.reset-factors', run: resetFactors, notice: 'ended', ends: true },
  delete: { operation: 'user.delete', run: deleteUser, notice: 'deleted', ends: true, to: CONSOLE.people },
}

const personActions: FastifyPluginAsync<Console> = async (app, console) => {
  const { users } = app.storage
  const act = createActions(app, console)
  const pageOf = (id: string): string => `${CONSOLE.people}/${encodeURIComponent(id)}`
  const section = 'people'

  async function findById(id: string): Promise<Outcome<User>> {
    const user = await users.find(id)
    return user === undefined ? notFound('There is no such user.') : ok(user)
  }

  /** What somebody reads before it is done to an account. */
  async function question(name: string, id: string): Promise<Question | undefined> {
    const user = await users.find(id)
    if (user === undefined) return undefined
    const values = { user: user.username }
    return {
      heading: say(`console.ask.${name}`, values),
      lead: say(`console.person.${name}.note`),
      submit: say(`console.do.${name}`),
    }
  }

  for (const [name, { operation, run, notice, ends, to }] of Object.entries(CHANGES)) {
    const action: Action<ById> = {
      path: `${CONSOLE.people}/${name}`,
      form: IdForm,
      operation,
      section,
      back: ({ id }) => pageOf(id),
      ...(ends === true && { ask: (_visit, { id }) => question(name, id) }),
      async run({ context }, { id }) {
        const user = await findById(id)
        if (!user.ok) return user
        const done = await run(context, user.value)
        return done.ok ? ok({ notice, ...(to !== undefined && { to }) }) : done
      },
    }
    act(action)
  }

  act<ById & { readonly role: string }>({
    path: `${CONSOLE.people}/role`,
    form: ConsoleForm({ id: Parameter(256), role: Parameter(16) }),
    operation: 'user.change-role',
    section,
    back: ({ id }) => pageOf(id),
    ask: (_visit, { id }) => question('role', id),
    async run({ context }, { id, role }) {
      const user = await findById(id)
      if (!user.ok) return user
      const changed = await changeRole(context, user.value, role)
      return changed.ok ? ok({ notice: 'changed' }) : changed
    },
  })

  act<ById>({
    path: `${CONSOLE.people}/reset-link`,
    form: IdForm,
    operation: 'link.reset-password',
    section,
    back: ({ id }) => pageOf(id),
    async run({ context }, { id }): Promise<Outcome<Done>> {
      const user = await findById(id)
      if (!user.ok) return user
      const made = await makeResetLink(context, user.value)
      return made.ok ? ok(describeLink(made.value, say('console.link.reset', { user: user.value.username }))) : made
    },
  })

  act<ById & { readonly provider: string }>({
    path: `${CONSOLE.people}/unlink`,
    form: ConsoleForm({ id: Parameter(256), provider: Parameter(64) }),
    operation: 'user.unlink',
    section,
    back: ({ id }) => pageOf(id),
    ask: (_visit, { id }) => question('unlink', id),
    async run({ context }, { id, provider }) {
      const user = await findById(id)
      if (!user.ok) return user
      const unlinked = await unlinkUser(context, user.value, provider)
      return unlinked.ok ? ok({ notice: 'ended' }) : unlinked
    },
  })

  act<OfUser>({
    path: `${CONSOLE.people}/end-session`,
    form: ConsoleForm({ id: Parameter(64), user: Parameter(256) }),
    operation: 'session.end',
    section,
    back: ({ user }) => pageOf(user),
    ask: (_visit, { user }) => question('end-session', user),
    async run({ context }, { id }) {
      const ended = await endSession(context, id)
      return ended.ok ? ok({ notice: 'ended' }) : ended
    },
  })

  act<OfUser>({
    path: `${CONSOLE.people}/disconnect`,
    form: ConsoleForm({ id: Parameter(64), user: Parameter(256) }),
    operation: 'grant.revoke',
    section,
    back: ({ user }) => pageOf(user),
    ask: (_visit, { user }) => question('disconnect', user),
    async run({ context }, { id }) {
      const ended = await revokeGrant(context, id)
      return ended.ok ? ok({ notice: 'ended' }) : ended
    },
  })
}

export default fp(personActions, { name: 'console-person-actions', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
