/** Tokens that an operator made for scripts of users: one in use, one that was ended. */
import { basic } from '#test/support/api.ts'
import type { KnownResource } from '#test/upgrade/facts.ts'
import type { Server, Timeline } from './timeline.ts'

export async function makePersonalTokens(
  command: Timeline['command'],
  server: Pick<Server, 'post'>,
  { identifier, id, secret }: KnownResource,
): Promise<string> {
  const create = async (name: string) => command(`personal-token create helen ${name} --resource ${identifier} --scopes moons:read --json`)
  const { token } = JSON.parse(await create('backup')) as { token: string }
  const ended = JSON.parse(await create('ended')) as { id: string }
  await command(`personal-token revoke ${ended.id}`)
  await server.post('/introspect', { token }, basic(id, secret))
  return token
}
