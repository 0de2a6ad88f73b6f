/** Every route of the management API, by the operation that it runs: routes, OpenAPI and the command line are checked against this table. */
import { APP_ROUTES } from './apps.ts'
import { PEOPLE_ROUTES } from './people.ts'

export const MANAGEMENT_ROUTES = { ...PEOPLE_ROUTES, ...APP_ROUTES }
export type RouteName = keyof typeof MANAGEMENT_ROUTES
export type Routes = typeof MANAGEMENT_ROUTES

/** Where the API is, below the issuer. */
export const API_BASE = '/admin/api/v1'
