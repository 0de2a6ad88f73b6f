/** A person with a browser that has no JavaScript: cookies, redirects within the server, forms filled in by their fields. */
import { ADMIN } from '../app.ts'

/** What the browser calls itself. */
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'

export interface Page {
  readonly status: number
  readonly url: string
  readonly html: string
  readonly headers: Headers
  /** The hidden fields and the action of the page's first form, and what is ticked there. */
  readonly form:
    | { action: string; fields: Record<string, string>; checked?: readonly (readonly [name: string, value: string])[] }
    | undefined
}

/** Where the server sent the person: a page of its own, or away to a client. */
export type Arrival = { readonly page: Page; readonly away?: undefined } | { readonly away: URL; readonly page?: undefined }

export interface Person {
  readonly cookies: Map<string, string>
  open(url: string | URL): Promise<Arrival>
  submit(page: Page, fields: Record<string, string>, headers?: Record<string, string>): Promise<Arrival>
  /** Opens the address, logs in and allows what is asked, until the server sends the person away, or lets them choose to go. */
  authorize(url: string | URL, login?: { username: string; password: string }): Promise<URL>
}

export function createPerson(issuer: string, send: typeof fetch = fetch): Person {
  const cookies = new Map<string, string>()
  const { origin } = new URL(issuer)

  async function request(url: string, init: RequestInit = {}): Promise<Arrival> {
    let next = url
    let options = init
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await send(next, {
        ...options,
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          'user-agent': FIREFOX,
          ...(options.headers as Record<string, string>),
          ...(cookie !== '' && { cookie }),
        },
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null) return { page: readPage(response, next, await response.text()) }
      await response.arrayBuffer()
      const target = new URL(location, next)
      if (target.origin !== origin) return { away: target }
      next = target.href
      options = {}
    }
    throw new Error(`too many redirects from ${url}`)
  }

  const person: Person = {
    cookies,
    open: (url) => request(String(url)),
    submit(page, fields, headers = { origin, 'sec-fetch-site': 'same-origin' }) {
      if (page.form === undefined) throw new Error(`no form on the page:\n${page.html}`)
      return request(new URL(page.form.action, page.url).href, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: bodyOf(page.form, fields),
      })
    },
    async authorize(url, login = ADMIN) {
      let arrival = await person.open(url)
      for (let pages = 0; arrival.page !== undefined; pages++) {
        const { page } = arrival
        const wayBack = wayBackOf(page)
        if (wayBack !== undefined) return wayBack
        if (pages > 4 || page.form === undefined) throw new Error(`stuck at ${page.url} (${page.status}):\n${page.html}`)
        if (/type="password"/.test(page.html)) arrival = await person.submit(page, login)
        else if (/value="allow"/.test(page.html))
          arrival = await person.submit(page, { decision: 'allow', ...(/name="preset"/.test(page.html) && { preset: 'all' }) })
        else arrival = await person.submit(page, { decision: 'continue' })
      }
      return arrival.away
    },
  }
  return person
}

/** What a browser would send: what is ticked, unless the person says something else under that name. */
function bodyOf({ fields, checked = [] }: NonNullable<Page['form']>, typed: Record<string, string>): string {
  const body = new URLSearchParams({ ...fields, ...typed })
  for (const [name, value] of checked) if (!(name in typed)) body.append(name, value)
  return body.toString()
}

function readPage(response: Response, url: string, html: string): Page {
  const [, attributes = '', inner = ''] = /<form([^>]*)>(.*?)<\/form>/s.exec(html) ?? []
  const action = attribute(attributes, 'action')
  const fields: Record<string, string> = {}
  const checked: [string, string][] = []
  for (const [tag] of inner.matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, 'name')
    if (name === undefined) continue
    if (attribute(tag, 'type') === 'hidden') fields[name] = attribute(tag, 'value') ?? ''
    else if (/\schecked[\s>]/.test(tag)) checked.push([name, attribute(tag, 'value') ?? ''])
  }
  return {
    status: response.status,
    url,
    html,
    headers: response.headers,
    form: action === undefined ? undefined : { action, fields, checked },
  }
}

function attribute(tag: string, name: string): string | undefined {
  const raw = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return raw?.replace(/&(amp|lt|gt|quot|#x27|#x3D|#x60);/g, (entity) => ENTITIES[entity] ?? entity)
}

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#x3D;': '=',
  '&#x60;': '`',
}

/** Where the link of an error page, or of the page after a logout, leads: back to the client. */
export function wayBackOf({ html }: Pick<Page, 'html'>): URL | undefined {
  const [, href] = /<a class="button" href="([^"]*)"/.exec(html) ?? []
  return href === undefined ? undefined : new URL(decodeEntities(href))
}

export const decodeEntities = (text: string): string =>
  text
    .replace(/&#x27;/g, "'")
    .replace(/&#x60;/g, '`')
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#x3D;/g, '=')
    .replace(/&amp;/g, '&')
