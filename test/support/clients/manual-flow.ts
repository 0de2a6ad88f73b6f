import { createPerson } from '../people/person.ts'

/** An access token for `resource`, by the way of the manual test in docs/try-it.md. */
export async function tokenFor(issuer: string, resource: string, scope?: string): Promise<string> {
  const redirect_uri = 'http://localhost:3000/callback'
  const registered = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirect_uri] }),
  })
  const { client_id, client_secret } = (await registered.json()) as { client_id: string; client_secret: string }
  const request = new URLSearchParams({ response_type: 'code', client_id, redirect_uri, resource, ...(scope !== undefined && { scope }) })
  const answer = await createPerson(issuer).authorize(`${issuer}/authorize?${request}`)
  const code = answer.searchParams.get('code')!
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri, client_id, client_secret })
  const response = await fetch(`${issuer}/token`, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}
