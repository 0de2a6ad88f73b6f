/** Compares what a database file is made of with what the migrations make: a file may have been changed by somebody else. */
import { createDatabase } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { migrateSqlite } from './sqlite.ts'

/**
 * What a file has, or lacks, that a database of that version doesn't: such as `trigger x`, which would run with the statements of the
 * server. Undefined if it is as it should be.
 *
 * @param file isn't changed, and nothing in it runs
 */
export async function findForeignPart(file: string, version: number): Promise<string | undefined> {
  const [given, wanted] = [createDatabase(file), createDatabase(':memory:')]
  try {
    await migrateSqlite(wanted, undefined, version)
    const [found, known] = [partsOf(given), partsOf(wanted)]
    const differing = [...new Set([...found.keys(), ...known.keys()])].find((part) => found.get(part) !== known.get(part))
    return differing
  } finally {
    given.close()
    wanted.close()
  }
}

/** The parts by name, with what counts of them. Not their text: engines of other versions write the same differently. */
function partsOf(database: Database): Map<string, string> {
  const all = (sql: string, ...parameters: string[]) => database.prepare(sql).all(...parameters) as Record<string, unknown>[]
  const objects = all("select type, name, tbl_name from sqlite_schema where name not like 'sqlite\\_%' escape '\\'") as {
    type: string
    name: string
    tbl_name: string
  }[]
  return new Map(
    objects.map(({ type, name, tbl_name: table }) => {
      // Made by the migrator, before it had versions.
      if (name === 'schema_version') return [`${type} ${name}`, '']
      const details =
        type === 'table'
          ? [
              all('select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?) order by name', name),
              all('select "table", "from", "to", on_update, on_delete from pragma_foreign_key_list(?) order by "from"', name),
              all('select "unique", origin, partial from pragma_index_list(?) order by 1, 2, 3', name),
            ]
          : [all('select name, "desc", coll, key from pragma_index_xinfo(?) order by seqno', name), table]
      return [`${type} ${name}`, JSON.stringify(details)]
    }),
  )
}
