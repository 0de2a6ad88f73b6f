/**
 * A PostgreSQL database as SQL that restores it: tables with their rows, then keys and indices. For what our migrations make
 * (columns of text, bigint and timestamps, no sequences, no functions), where pg_dump isn't at hand.
 */
import pg from 'pg'

/** Without what follows from the kind of a column anyway. */
const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as mandatory,
    pg_get_expr(d.adbin, d.adrelid) as preset, case when a.attcollation <> t.typcollation then c.collname end as collation
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum left join pg_collation c on c.oid = a.attcollation
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`
const TABLES = `select relname as name, reloptions as options from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`
/** Primary and other unique keys, which foreign keys need. */
const CONSTRAINTS = `
  select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
  from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f') order by contype = 'f', 1, 2`
const INDICES = `
  select pg_get_indexdef(indexrelid) as definition from pg_index
  where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    and not exists (select 1 from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
  order by 1`

interface Column {
  readonly name: string
  readonly type: string
  readonly mandatory: boolean
  readonly preset: string | null
  readonly collation: string | null
}

export async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const ask = async <T extends object>(sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows as T[]
    const statements: string[] = []
    for (const { name, options } of await ask<{ name: string; options: string[] | null }>(TABLES)) {
      const columns = await ask<Column>(COLUMNS, [name])
      const storage = options === null ? '' : ` with (${options.join(', ')})`
      statements.push(`create table ${name} (\n${columns.map((column) => `  ${renderColumn(column)}`).join(',\n')}\n)${storage}`)
      const texts = columns.map((column) => `${column.name}::text`).join(', ')
      for (const row of await ask<Record<string, string | null>>(`select ${texts} from ${name} order by 1, 2`))
        statements.push(`insert into ${name} values (${columns.map((column) => renderValue(row[column.name]!)).join(', ')})`)
    }
    for (const { table, name, definition } of await ask<Record<'table' | 'name' | 'definition', string>>(CONSTRAINTS))
      statements.push(`alter table ${table} add constraint ${name} ${definition}`)
    statements.push(...(await ask<{ definition: string }>(INDICES)).map(({ definition }) => definition))
    return statements.map((statement) => `${statement};\n`).join('')
  } finally {
    await client.end()
  }
}

function renderColumn({ name, type, mandatory, preset, collation }: Column): string {
  const parts = [name, type, collation && `collate "${collation}"`, preset !== null && `default ${preset}`, mandatory && 'not null']
  return parts.filter(Boolean).join(' ')
}

/** A literal of no type yet becomes what its column is. */
const renderValue = (value: string | null): string => (value === null ? 'null' : pg.escapeLiteral(value))
