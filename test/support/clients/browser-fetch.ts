/** `fetch` as a page's script has it: CORS is enforced (Fetch standard), so that a test fails where a browser would. */

const SIMPLE_HEADERS = new Set(['accept', 'accept-language', 'content-language'])
const SIMPLE_TYPES = new Set(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'])

export interface BrowserFetch {
  readonly fetch: typeof fetch
  /** The addresses that a preflight asked for. */
  readonly preflights: string[]
}

/** @param origin where the page was loaded from */
export function createBrowserFetch(origin: string): BrowserFetch {
  const preflights: string[] = []
  return {
    preflights,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const unsafe = [...request.headers].filter(([name, value]) => !isSimple(name, value)).map(([name]) => name)
      if (unsafe.length > 0 || !['GET', 'HEAD', 'POST'].includes(request.method)) {
        preflights.push(request.url)
        await preflight(origin, request, unsafe)
      }
      const headers = new Headers(request.headers)
      headers.set('origin', origin)
      const body = request.method === 'POST' ? await request.text() : undefined
      const response = await fetch(request.url, { method: request.method, headers, ...(body !== undefined && { body }) })
      requireOrigin(response, origin)
      return response
    },
  }
}

function isSimple(name: string, value: string): boolean {
  return name === 'content-type' ? SIMPLE_TYPES.has(value.split(';')[0]!) : SIMPLE_HEADERS.has(name)
}

async function preflight(origin: string, request: Request, unsafe: readonly string[]): Promise<void> {
  const response = await fetch(request.url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': request.method, 'access-control-request-headers': unsafe.join(',') },
  })
  requireOrigin(response, origin)
  if (!response.ok) throw new TypeError(`the preflight of ${request.url} answered ${response.status}`)
  const allowed = (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  // The wildcard doesn't cover `Authorization`.
  const refused = unsafe.find((name) => !allowed.includes(name) && (name === 'authorization' || !allowed.includes('*')))
  if (refused !== undefined) throw new TypeError(`${request.url} does not allow the header ${refused}`)
}

function requireOrigin(response: Response, origin: string): void {
  const allowed = response.headers.get('access-control-allow-origin')
  if (allowed !== '*' && allowed !== origin) throw new TypeError(`${response.url} does not allow the origin ${origin}`)
  if (response.headers.has('access-control-allow-credentials')) throw new TypeError(`${response.url} allows credentials`)
}
