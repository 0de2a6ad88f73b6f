/** The store of admission rules, which an operator added to those of `ADMIT`. */
import { runWithEvent } from '../audit-events.ts'
import { statement, unit } from '../../driver.ts'
import type { Driver } from '../../driver.ts'
import { instant, optionalText, text } from '../rows.ts'
import type { AdmissionRules } from '../../storage.ts'

const INSERT = statement(
  'insert into admission_rules (rule, created_at, group_name) values ($1, $2, $3) on conflict (rule) do nothing returning rule',
)
const LIST = statement('select * from admission_rules order by rule')
const DELETE = statement('delete from admission_rules where rule = $1 returning rule')

export function createAdmissionRules(driver: Driver): AdmissionRules {
  return {
    insert: ({ rule, createdAt, group }, event) =>
      driver.write(unit(() => runWithEvent({ statement: INSERT, parameters: [rule, createdAt, group ?? null] }, event))),
    async list() {
      return (await driver.read(LIST, [])).map((row) => ({
        rule: text(row, 'rule'),
        group: optionalText(row, 'group_name'),
        createdAt: instant(row, 'created_at'),
      }))
    },
    delete: (rule, event) => driver.write(unit(() => runWithEvent({ statement: DELETE, parameters: [rule] }, event))),
  }
}
