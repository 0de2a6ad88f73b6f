/** DATABASE_URL of an embedded database: `sqlite:` and a path, without the rules of other URLs. */

/** The path as it is written, `:memory:` included; undefined for another engine. */
export const sqlitePathOf = (databaseUrl: string): string | undefined => /^sqlite:(.+)$/.exec(databaseUrl)?.[1]

/** It keeps nothing, and no other process can open it. */
export const isInMemory = (databaseUrl: string): boolean => sqlitePathOf(databaseUrl) === ':memory:'
