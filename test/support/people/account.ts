/** Somebody on the page of their own account. */
import type { Flow } from '../authorization.ts'
import { pageOf, textOf } from '../authorization.ts'
import type { Arrival, Page, Person } from './person.ts'

export type Login = { readonly username: string; readonly password: string }

/** The token that the forms of a page carry. */
export function formTokenOf({ html }: Pick<Page, 'html'>): string {
  const [, token] = /name="token" value="([^"]*)"/.exec(html) ?? []
  if (token === undefined) throw new Error(`no form token on the page:\n${textOf(html)}`)
  return token
}

/** Opens a page of the account, and logs in if it asks for that. */
export async function openAccount({ issuer }: Pick<Flow, 'issuer'>, person: Person, login: Login, path = '/account'): Promise<Page> {
  const page = pageOf(await person.open(issuer + path))
  return /type="password"/.test(page.html) ? pageOf(await person.submit(page, login)) : page
}

/** Posts one of the forms of a page. */
export function post(
  person: Person,
  page: Page,
  action: string,
  fields: Record<string, string>,
  headers?: Record<string, string>,
): Promise<Arrival> {
  return person.submit(
    { ...page, form: { action, fields: { token: formTokenOf(page) } } },
    fields,
    ...(headers === undefined ? [] : [headers]),
  )
}
