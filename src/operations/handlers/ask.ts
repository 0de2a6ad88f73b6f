/** Asking for an operation in the form of its route: of the storage at hand, or of a server by its management API. */
import type { Input, ManagementRoute } from '../../schemas/management/route.ts'
import { API_BASE, MANAGEMENT_ROUTES } from '../../schemas/management/routes.ts'
import type { RouteName, Routes } from '../../schemas/management/routes.ts'
import type { OperationContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import { APP_HANDLERS } from './apps.ts'
import { PEOPLE_HANDLERS } from './people.ts'

export type { RouteName }

export const HANDLERS = { ...PEOPLE_HANDLERS, ...APP_HANDLERS }

type Loose<T> = T extends readonly (infer E)[]
  ? readonly Loose<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Loose<T[K]> | undefined }
    : T

/** What goes in; what is undefined is left out. */
export interface Asked<Name extends RouteName> {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Loose<Input<Routes[Name]>['query']>
  readonly body?: Loose<Input<Routes[Name]>['body']>
}

/** What comes out, as JSON. */
export type Answer<Name extends RouteName> = Awaited<ReturnType<(typeof HANDLERS)[Name]>> extends Outcome<infer T> ? T : never

export type Ask = <Name extends RouteName>(name: Name, asked?: Asked<Name>) => Promise<Outcome<Answer<Name>>>

type AnyHandler = (context: OperationContext, input: Input<Routes[RouteName]>) => Promise<Outcome<never>>

/** Asks the storage of a context. */
export const askAt =
  (context: OperationContext): Ask =>
  (name, { params = {}, query = {}, body = {} } = {}) => {
    const input = { params, query: withoutUndefined(query as object), body: withoutUndefined(body as object) } as unknown as Input<
      Routes[RouteName]
    >
    return (HANDLERS[name] as unknown as AnyHandler)(context, input)
  }

/** The request of the management API that asks for it, below the issuer. */
export function requestOf<Name extends RouteName>(name: Name, asked: Asked<Name> = {}) {
  const { params = {}, query, body } = asked
  const route: ManagementRoute = MANAGEMENT_ROUTES[name]
  const path = route.path.replaceAll(/:(\w+)/g, (_, parameter: string) => encodeURIComponent(params[parameter]!))
  const search = new URLSearchParams(withoutUndefined({ ...(query as object | undefined) }) as Record<string, string>)
  return {
    method: route.method,
    path: `${API_BASE}${path}${search.size === 0 ? '' : `?${search}`}`,
    ...(route.body !== undefined && { body: JSON.stringify(body) }),
  }
}

const withoutUndefined = (members: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
