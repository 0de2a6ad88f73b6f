/** Somebody in the console. */
import type { Role } from '#src/domain/user/role.ts'
import { ADMIN } from '../app.ts'
import type { Login } from './account.ts'
import { formTokenOf } from './account.ts'
import { addUser, pageOf, startFlow } from '../authorization.ts'
import type { Flow } from '../authorization.ts'
import type { Arrival, Page, Person } from './person.ts'

export interface ConsoleFlow extends Flow {
  /** Adds somebody with a role, who can log in. */
  add(username: string, role?: Role): Promise<Login & { id: string }>
  /** Somebody in the console, who is the administrator if nobody else. */
  enter(login?: Login): Promise<Visitor>
}

/** A browser in which the console is open. */
export interface Visitor {
  readonly person: Person
  open(path: string): Promise<Page>
  /** Posts a form of the console as its pages do. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Arrival>
  /** The same, and says yes to the question that comes first. */
  do(path: string, fields?: Record<string, string>): Promise<Page>
}

export async function startConsole(...[t, env, ...more]: Parameters<typeof startFlow>): Promise<ConsoleFlow> {
  const flow = await startFlow(t, { ADMIN: '', ...env }, ...more)
  return {
    ...flow,
    async add(username, role) {
      const password = `the password of ${username}`
      const id = await addUser(flow, username, password)
      if (role !== undefined) await flow.storage.users.changeRole(id, { before: undefined, after: role }, flow.clock.now)
      return { id, username, password }
    },
    async enter(login = ADMIN) {
      const person = flow.person()
      const page = pageOf(await person.open(`${flow.issuer}/admin`))
      const { html } = pageOf(await person.submit(page, login))
      const token = formTokenOf({ html })
      const post: Visitor['post'] = (path, fields = {}, headers) =>
        person.submit({ ...page, form: { action: path, fields: { token } } }, fields, ...(headers === undefined ? [] : [headers]))
      return {
        person,
        open: async (path) => pageOf(await person.open(flow.issuer + path)),
        post,
        do: async (path, fields) => pageOf(await post(path, { ...fields, confirmed: 'yes' })),
      }
    },
  }
}

/** An event of this name. While the clock doesn't move, several bear the same instant, and come in any order. */
export const findEvent = async ({ auditEvents }: ConsoleFlow['storage'], name: string) =>
  (await auditEvents.list({ since: 0, limit: 100 })).find((event) => event.name === name)
