/** GET /admin/admission: who may come in by a provider, and what the rules say of an address; adding and deleting a rule. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { KNOWN } from '../../../domain/admission/admission.ts'
import type { Admission } from '../../../domain/admission/admission.ts'
import { MAX_RULE } from '../../../domain/admission/admission-rule.ts'
import { ok } from '../../../domain/protocol/result.ts'
import { addAdmissionRule, deleteAdmissionRule, listAdmissionRules } from '../../../operations/admission/admission.ts'
import { explainAdmission } from '../../../operations/admission/explain.ts'
import { ConsoleForm, ConsoleQuery } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell, ConsolePart } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { code, fieldOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

const AdmissionQuery = Type.Object({ ...ConsoleQuery.properties, email: Type.Optional(Parameter(256)) })
type OfRule = ConsoleFormBody & { readonly rule: string }

const admission: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const act = createActions(app, console)
  const path = app.settings.base + CONSOLE.admission
  const section = 'admission'

  page({ path: CONSOLE.admission, query: AdmissionQuery }, async ({ visit, query, moment }) => {
    const rows = found(await listAdmissionRules(visit.context)).map(({ rule, group, from, createdAt }): Row => {
      const button = { value: rule.text, about: rule.text }
      return {
        cells: [code(rule.text), text(group), words(`console.from.${from}`), text(createdAt === undefined ? undefined : moment(createdAt))],
        button: from !== 'ADMIT' ? button : undefined,
      }
    })
    const columns = ['console.column.rule', 'console.column.group', 'console.column.from', 'console.column.created']
    const table = tableOf('rules', columns, rows, {
      note: say('console.admission.note'),
      empty: 'console.admission.none',
      buttons: { visit, operation: 'admission.delete', action: `${path}/delete`, name: 'rule', say: 'console.do.delete' },
    })
    const { explained, problem, status } = await explain(visit, query.email)
    const parts = [table, explainForm(query.email), ...explained, ...(mayDo(visit, 'admission.add') ? [await addForm(visit)] : [])]
    return { section, heading: say('console.admission'), parts, ...(problem !== undefined && { problem, status }) }
  })

  async function explain({ context }: Visit, email: string | undefined) {
    if (!email) return { explained: [] }
    const answer = await explainAdmission(context, email)
    if (!answer.ok) return { explained: [], problem: answer.error.message, status: 400 }
    const { newcomer, depends, users } = answer.value
    const rows: Row[] = [
      { cells: [words('console.admission.newcomer'), ...verdictCells(newcomer)] },
      ...users.flatMap(({ username, identities }) =>
        identities.map(({ provider, admission: each }) => ({
          cells: [words('console.admission.by', { user: username, provider }), ...verdictCells(each)],
        })),
      ),
    ]
    const columns = ['console.column.who', 'console.column.may', 'console.column.because']
    const note = !newcomer.admitted && depends.length > 0 ? { note: say('console.admission.depends', { rules: depends.join(', ') }) } : {}
    const title = say('console.admission.explained', { email: answer.value.email })
    return { explained: [tableOf('explained', columns, rows, { title, ...note, empty: 'console.admission.newcomer' })] }
  }

  const verdictCells = (said: Admission): Cell[] =>
    said.admitted
      ? [mark('good', 'console.may.yes'), said.by === KNOWN ? words('console.admission.known') : code(said.by)]
      : [mark('bad', 'console.may.no'), words(`console.admission.reason.${said.reason}`)]

  const explainForm = (value = ''): ConsolePart => ({
    id: 'explain',
    title: say('console.explain'),
    form: {
      action: path,
      method: 'get',
      hidden: [],
      fields: [fieldOf('email', 'console.column.email', { type: 'email', value, required: true })],
      submit: say('console.do.explain'),
      weight: 'usual',
    },
  })

  async function addForm(visit: Visit): Promise<ConsolePart> {
    const known = await app.storage.groups.list()
    const none = { value: '', isChosen: true, say: say('console.none') }
    const groups = [none, ...known.map(({ group: { name } }) => ({ value: name, isChosen: false, text: name }))]
    return formOf('add', visit, {
      title: say('console.admission.add'),
      note: say('console.admission.add.note'),
      action: `${path}/add`,
      fields: [
        fieldOf('rule', 'console.column.rule', { required: true, maxlength: MAX_RULE, hint: say('console.admission.rule.hint') }),
        fieldOf('group', 'console.column.group', { type: 'select', options: groups }),
      ],
      submit: 'console.do.add',
      weight: 'primary',
    })
  }

  act<OfRule & { readonly group?: string }>({
    path: `${CONSOLE.admission}/add`,
    form: ConsoleForm({ rule: Parameter(1024), group: Type.Optional(Parameter(64)) }),
    operation: 'admission.add',
    section,
    back: () => CONSOLE.admission,
    async run({ context }, { rule, group = '' }) {
      const added = await addAdmissionRule(context, rule.trim(), group === '' ? undefined : group)
      return added.ok ? ok({ notice: 'added' }) : added
    },
  })

  act<OfRule>({
    path: `${CONSOLE.admission}/delete`,
    form: ConsoleForm({ rule: Parameter(1024) }),
    operation: 'admission.delete',
    section,
    back: () => CONSOLE.admission,
    ask: (_visit, { rule }) => ({
      heading: say('console.ask.delete-rule', { rule }),
      lead: say('console.ask.delete-admission.note'),
      submit: say('console.do.delete'),
    }),
    async run({ context }, { rule }) {
      const deleted = await deleteAdmissionRule(context, rule)
      return deleted.ok ? ok({ notice: 'deleted' }) : deleted
    },
  })
}

export default fp(admission, { name: 'console-admission', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
