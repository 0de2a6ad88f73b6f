/** The MCP servers that an operator registered, and the tokens by which clients may register. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import type { Facts, KnownResource } from '#test/upgrade/facts.ts'
import type { Timeline } from './timeline.ts'

interface Shown {
  readonly id: string
  readonly resource: string
  readonly secret: string
  readonly scopes: readonly { readonly name: string }[]
}

/** A resource with a command behind it. */
export const COMMAND_BEHIND = 'https://command.example/mcp'

const known = ({ id, resource, secret, scopes }: Shown): KnownResource => ({
  id,
  identifier: resource,
  secret,
  scopes: scopes.map(({ name }) => name),
})

export async function addResources({ ask, command }: Timeline): Promise<Facts['resources']> {
  const planets = await ask<Shown>(
    'resource add https://planets.example/mcp --name Planets --scope "planets:read=Read the planets" --scope "planets:move=행성을 옮깁니다" ' +
      '--upstream http://localhost:3001/mcp --identity headers --tool move=planets:move --groups-claim on',
  )
  const moons = await ask<Shown>(
    'resource add https://moons.example/ --name Moons --scope "moons:read=Read the moons" --token-format opaque --token-ttl 2h',
  )
  const comets = await ask<Shown>('resource add https://comets.example/mcp --scope "comets:read=Read" --alg RS256')
  await command(`resource update ${comets.resource} --name Comets --scope "comets:read=Read the comets"`)
  await addRules(planets.resource, command)
  await syncTools(planets.resource, command)
  await ask(
    `resource add ${COMMAND_BEHIND} --command "npx -y some-server" --per session --env KEY --env OTHER=file:/run/key --directory /srv`,
  )
  await ask('resource add https://dust.example/mcp')
  await command('resource delete https://dust.example/mcp --yes')
  return {
    planets: known(planets),
    moons: known(moons),
    comets: known(await ask<Shown>(`resource rotate-secret ${comets.resource}`)),
  }
}

/** The MCP server behind it is there just long enough to say which tools it has. */
async function syncTools(resource: string, command: Timeline['command']): Promise<void> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { id = null } = JSON.parse(body) as { id?: unknown }
      const result = { tools: [{ name: 'move', title: 'Move a planet', annotations: { destructiveHint: true } }] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  await command(`resource sync ${resource} --upstream http://localhost:${(server.address() as AddressInfo).port}/mcp`)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Nobody whom the story is about loses anything by them, but for a machine. */
async function addRules(planets: string, command: Timeline['command']): Promise<void> {
  await command('resource add https://closed.example/mcp --personal-tokens off')
  await command('access allow https://closed.example/mcp --user helen')
  await command(`access allow ${planets} --everybody`)
  await command(`access allow ${planets} --group astronomers --acr ${PASSWORD_LOGIN.acr}`)
  await command(`access deny ${planets} --everybody --scope planets:move --client-host nobody.example`)
  await command(`access deny ${planets} --user oscar`)
  const { id } = JSON.parse(await command(`access deny ${planets} --everybody --json`)) as { id: string }
  await command(`access delete ${id}`)
}

/** All but the one that is over by the end: that one is made late. */
export async function addInitialAccessTokens({ command }: Timeline): Promise<Omit<Facts['initialAccessTokens'], 'expired'>> {
  const create = async (words: string) => (await command(`registration-token create ${words}`)).trim()
  const limited = await create(
    'partners --expires 365d --uses 3 --redirect-hosts partner.example,localhost:8080 --redirect-kinds custom --scopes openid,profile ' +
      '--auth-methods none,client_secret_basic --grant-types authorization_code,refresh_token',
  )
  const unlimited = await create('machines --grant-types client_credentials')
  const deleted = await create('nobody')
  await command('registration-token delete nobody')
  return { limited, unlimited, deleted }
}
