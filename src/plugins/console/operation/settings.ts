/**
 * GET /admin/settings and /admin/settings/NAME: what is set, where that comes from, and what each setting is for. Never the value of a
 * secret, and nothing changes here.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { ConfigSchema } from '../../../config/schema.ts'
import { isPrivateUrl } from '../../../fetch/private-host.ts'
import { listSettings } from '../../../operations/settings.ts'
import type { ListedSetting } from '../../../operations/settings.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell } from '../../pages/console-models.ts'
import { createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { found, missing } from '../missing.ts'
import { code, factsOf, mark, tableOf, text, words } from '../parts.ts'
import { say } from '../show.ts'

/** What was set when the server started, by the names of the variables: the values of those that aren't secret, the names of those that are. */
export interface GivenSettings {
  readonly settings: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** Where requests go, and which program runs. */
const HIDDEN = ['PROTECT', 'PROTECT_COMMAND']

/** The documentation of every setting, by its name. */
const VARIABLES = new Map(Object.values(ConfigSchema.properties).map(({ variable }) => [variable.name, variable]))

const settings: FastifyPluginAsyncTypebox<Console & { given: GivenSettings }> = async (app, { given, ...console }) => {
  const page = createPages(app, console)
  const path = app.settings.base + CONSOLE.settings
  const section = 'settings'
  const source = { name: 'environment', variables: given.settings, secrets: given.secrets }

  const list = (): ListedSetting[] => found(listSettings([source]))

  page({ path: CONSOLE.settings }, () => {
    const rows = list().map((setting) => ({
      cells: [{ text: setting.name, link: `${path}/${setting.name}`, code: true as const }, valueOf(setting), fromOf(setting)],
    }))
    const columns = ['console.column.setting', 'console.column.value', 'console.column.from']
    const parts = [tableOf('settings', columns, rows, { empty: 'console.none' })]
    return { section, heading: say('console.settings'), lead: say('console.settings.lead'), parts }
  })

  page({ path: `${CONSOLE.settings}/:name`, params: Type.Object({ name: Parameter(64) }) }, async ({ params }) => {
    const setting = list().find(({ name }) => name === params.name)
    const variable = setting && VARIABLES.get(setting.name)
    if (setting === undefined || variable === undefined) return missing()
    const part = factsOf('setting', [
      ['console.column.value', valueOf(setting)],
      ['console.column.from', fromOf(setting)],
      ['console.setting.about', text(variable.about)],
      ['console.setting.accepts', text(variable.accepts)],
      ['console.setting.default', code(variable.fallback ?? variable.derived)],
      ['console.setting.example', code(`${variable.name}=${variable.example}`)],
    ])
    const back = { to: path, say: say('console.settings') }
    return { section, heading: say('console.setting', { name: setting.name }), parts: [part], back }
  })

  const fromOf = ({ isSet }: ListedSetting): Cell => words(isSet ? 'console.from.environment' : 'console.from.default')

  function valueOf({ name, value, isSet }: ListedSetting): Cell {
    const isHidden = HIDDEN.includes(name) || (name === 'OIDC_ISSUER' && isPrivateUrl(value ?? ''))
    if (value !== undefined && !isHidden) return code(value)
    return isSet ? mark('plain', 'console.secret.set') : text(undefined)
  }
}

export default fp(settings, { name: 'console-settings', encapsulate: true, dependencies: ['settings', 'pages'] })
