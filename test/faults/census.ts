/** Looks into the database itself: nothing is there more often than somebody asked for it, and nothing is there by half. */
import { statement } from '#src/storage/driver.ts'
import type { Driver } from '#src/storage/driver.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import type { Ledger } from './ledger.ts'

/** What there may be of each, at most: as much as was asked for. */
const BOUNDED = {
  clients: { sql: `select count(*) as n from clients where origin = 'registration'`, asked: ({ sent }: Ledger) => sent.register },
  grants: { sql: 'select count(*) as n from grants', asked: ({ sent }: Ledger) => sent.authorize },
  'first refresh tokens': {
    sql: 'select count(*) as n from refresh_tokens where parent_hash is null',
    asked: ({ sent }: Ledger) => sent.exchange,
  },
  'later refresh tokens': {
    sql: 'select count(*) as n from refresh_tokens where parent_hash is not null',
    asked: ({ sent }: Ledger) => sent.refresh,
  },
} as const

/** What no crash may leave behind. */
const HALVES = {
  'codes that were redeemed without bringing a token': `
    select count(*) as n from grants g
    where g.redeemed_at is not null and not exists (select 1 from refresh_tokens t where t.grant_id = g.id)`,
  'grants whose code brought two first tokens': `
    select count(*) as n from (select grant_id from refresh_tokens where parent_hash is null group by grant_id having count(*) > 1) twice`,
  'tokens that were used without a successor': `
    select count(*) as n from refresh_tokens t
    where t.used_at is not null and not exists (select 1 from refresh_tokens s where s.parent_hash = t.token_hash)`,
  'grants without a code': 'select count(*) as n from grants where code_hash is null',
  'registrations without their audit event, or events without their client': `
    select abs((select count(*) from clients where origin = 'registration')
      - (select count(*) from audit_events where name = 'client.registered')) as n`,
}

/** Sentences; none if everything is in order. */
export async function takeCensus(databaseUrl: string, ledger: Ledger): Promise<string[]> {
  const driver = await open(databaseUrl)
  const count = async (sql: string) => (await driver.read(statement(sql), []))[0]!['n'] as number
  try {
    const found: string[] = []
    for (const [what, { sql, asked }] of Object.entries(BOUNDED)) {
      const [there, bound] = [await count(sql), asked(ledger)]
      if (there > bound) found.push(`${there} ${what}, asked for were ${bound}`)
    }
    for (const [what, sql] of Object.entries(HALVES)) {
      const there = await count(sql)
      if (there > 0) found.push(`${there} ${what}`)
    }
    return found
  } finally {
    await driver.close()
  }
}

const open = (databaseUrl: string): Promise<Driver> =>
  databaseUrl.startsWith('sqlite:') ? openSqlite(databaseUrl.slice('sqlite:'.length)) : openPostgres(databaseUrl)
