/** What pages of the console consist of: cells, tables, forms. Owns their shape; not what they say. */
import type { OperationName } from '../../operations/operations.ts'
import type { Cell, ConsolePart, Field, Hidden, Sentence } from '../pages/console-models.ts'
import { mayDo } from './actions.ts'
import type { Visit } from './entrance.ts'
import { say } from './show.ts'

type Extras = Pick<ConsolePart, 'title' | 'note' | 'link'>
/** A row with a button says what that posts, and what it is about for those who only hear it. */
export type Row = { readonly cells: readonly Cell[]; readonly button?: { value: string; about: string } | undefined }
/** The buttons of a table, for those who may do the operation: one form, in which each button is the field `name`. */
export interface RowButtons {
  readonly visit: Pick<Visit, 'token' | 'role'>
  readonly operation: OperationName
  readonly action: string
  readonly name: string
  /** The key of its sentence. */
  readonly say: string
  /** What the form says besides. */
  readonly hidden?: Readonly<Record<string, string>>
}

/** Data; a dash where there is none. */
export const text = (value: string | number | undefined): Cell => ({ text: value === undefined || value === '' ? '–' : String(value) })
export const code = (value: string | undefined): Cell =>
  value === undefined || value === '' ? text(undefined) : { text: value, code: true }
export const words = (key: string, values?: Sentence['values']): Cell => ({ say: say(key, values) })
export const mark = (kind: NonNullable<Cell['mark']>, key: string): Cell => ({ say: say(key), mark: kind })

export const factsOf = (id: string, facts: readonly (readonly [label: string, ...cells: Cell[]])[], extras: Extras = {}): ConsolePart => ({
  id,
  ...extras,
  facts: facts.map(([label, ...cells]) => ({ label: say(label), cells })),
})

interface TableOptions extends Extras {
  readonly empty: string
  readonly pager?: { first?: string; next?: string }
  readonly buttons?: RowButtons
}

/** @param columns keys of sentences, one for each cell of a row */
export function tableOf(
  id: string,
  columns: readonly string[],
  rows: readonly Row[],
  { empty, pager, buttons, ...extras }: TableOptions,
): ConsolePart {
  const offered = buttons !== undefined && mayDo(buttons.visit, buttons.operation) ? buttons : undefined
  return {
    id,
    ...extras,
    columns: columns.map((key) => say(key)),
    rows: rows.map(({ cells, button }) => ({
      cells: cells.map((cell, at) => ({ label: say(columns[at]!), cell })),
      ...(offered !== undefined && button !== undefined && { button: { ...button, name: offered.name, say: say(offered.say) } }),
    })),
    empty: say(empty),
    ...(offered !== undefined &&
      rows.some(({ button }) => button !== undefined) && {
        form: { action: offered.action, hidden: hiddenOf({ token: offered.visit.token, ...offered.hidden }) },
      }),
    ...(pager !== undefined && { pager }),
  }
}

const hiddenOf = (fields: Readonly<Record<string, string>>): Hidden[] => Object.entries(fields).map(([name, value]) => ({ name, value }))

interface FormOptions extends Extras {
  readonly action: string
  readonly fields?: Field[]
  readonly hidden?: readonly Hidden[]
  readonly submit: string
  readonly weight?: 'primary' | 'usual' | 'danger'
}

/** A form that changes something. */
export const formOf = (
  id: string,
  { token }: Pick<Visit, 'token'>,
  { action, fields = [], hidden = [], submit, weight = 'usual', ...extras }: FormOptions,
): ConsolePart => ({
  id,
  ...extras,
  form: { action, method: 'post', hidden: [{ name: 'token', value: token }, ...hidden], fields, submit: say(submit), weight },
})

/** A form that looks for something. */
export const searchOf = (action: string, fields: Field[]): ConsolePart => ({
  id: 'search',
  form: { action, method: 'get', hidden: [], fields, submit: say('console.search'), weight: 'usual' },
})

/** @param label the key of its sentence */
export const fieldOf = (name: string, label: string, more: Partial<Omit<Field, 'name' | 'label'>> = {}): Field => ({
  id: name,
  name,
  label: say(label),
  type: 'text',
  maxlength: 256,
  ...more,
})

/** What somebody typed into a field for several words, with spaces, commas or lines between them. */
export const wordsOf = (raw: string): string[] => raw.split(/[\s,]+/).filter((word) => word !== '')
