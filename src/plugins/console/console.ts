/** The console of operators, /admin and below: its pages, in the order of its menu. Owns no page. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import client from './apps/client.ts'
import clients from './apps/clients.ts'
import grants from './apps/grants.ts'
import initialAccessTokens from './apps/initial-access-tokens.ts'
import type { ConsoleEntrance } from './entrance.ts'
import audit from './operation/audit.ts'
import keys from './operation/keys.ts'
import providers from './operation/providers.ts'
import settings from './operation/settings.ts'
import type { GivenSettings } from './operation/settings.ts'
import overview from './overview.ts'
import admission from './people/admission.ts'
import groups from './people/groups.ts'
import links from './people/links.ts'
import people from './people/people.ts'
import person from './people/person.ts'
import personActions from './people/person-actions.ts'
import rules from './people/rules.ts'
import resource from './resources/resource.ts'
import resourceActions from './resources/resource-actions.ts'
import resources from './resources/resources.ts'
import { createShow } from './show.ts'

interface Needs {
  readonly entrance: ConsoleEntrance
  readonly given: GivenSettings
}

const consolePages: FastifyPluginAsync<Needs> = async (app, { entrance, given }) => {
  const console = { entrance, show: createShow(app) }
  await app.register(overview, console)
  await app.register(people, console)
  await app.register(person, console)
  await app.register(personActions, console)
  await app.register(links, console)
  await app.register(groups, console)
  await app.register(rules, console)
  await app.register(admission, console)
  await app.register(clients, console)
  await app.register(client, console)
  await app.register(resources, console)
  await app.register(resource, console)
  await app.register(resourceActions, console)
  await app.register(grants, console)
  await app.register(initialAccessTokens, console)
  await app.register(providers, console)
  await app.register(keys, console)
  await app.register(audit, console)
  await app.register(settings, { ...console, given })
}

export default fp(consolePages, {
  name: 'console',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
