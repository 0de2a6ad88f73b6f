/** A registered client that manages its own registration (RFC 7592), and always holds its newest token. */
import type { FastifyInstance } from 'fastify'
import { REDIRECT_URI } from '../api.ts'
import type { ApiResponse } from '../api.ts'

/** Client information as it comes: every member may be looked at. */
export type Information = Record<string, unknown> & {
  client_id: string
  client_secret?: string
  registration_access_token: string
  registration_client_uri: string
}

export interface ManagedClient {
  /** What the server said last. */
  readonly information: Information
  read(token?: string): Promise<ApiResponse>
  /** Replaces the registration by these members, with the redirect URI and the id of the client unless they say otherwise. */
  update(members?: Record<string, unknown>, token?: string): Promise<ApiResponse>
  delete(token?: string): Promise<ApiResponse>
}

/** Registers a client; it uses its newest token where a test names none. */
export async function registerManaged(
  app: FastifyInstance,
  metadata: object = {},
  headers: Record<string, string> = {},
): Promise<ManagedClient> {
  const registered = await app.inject({
    method: 'POST',
    url: '/register',
    headers,
    payload: { redirect_uris: [REDIRECT_URI], ...metadata },
  })
  if (registered.statusCode !== 201) throw new Error(registered.body)
  const client = {
    information: registered.json<Information>(),
    read: (token?: string) => send('GET', token),
    update: (members: Record<string, unknown> = {}, token?: string) =>
      send('PUT', token, { client_id: client.information.client_id, redirect_uris: [REDIRECT_URI], ...members }),
    delete: (token?: string) => send('DELETE', token),
  }

  async function send(
    method: 'GET' | 'PUT' | 'DELETE',
    token = client.information.registration_access_token,
    payload?: object,
  ): Promise<ApiResponse> {
    const { pathname } = new URL(client.information.registration_client_uri)
    const response = await app.inject({
      method,
      url: pathname,
      headers: { authorization: `Bearer ${token}` },
      ...(payload !== undefined && { payload }),
    })
    if (response.statusCode === 200) client.information = response.json<Information>()
    return response
  }
  return client
}
