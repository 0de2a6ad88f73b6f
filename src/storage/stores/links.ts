/** The store of one-use links. A link is used in the unit of work of what it does, so that it does so once, on whatever node. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { Link, LinkData, LinkKind } from '../../domain/link/link.ts'
import type { Passkey } from '../../domain/user/factors.ts'
import type { User } from '../../domain/user/user.ts'
import { run, statement, unit } from '../driver.ts'
import type { Driver, Row, Unit } from '../driver.ts'
import { joinIfKnown } from './access/groups.ts'
import { insertEvent, runWithEvent } from './audit-events.ts'
import { endResetsOf, unuseLink, useLink } from './end-links.ts'
import { insertPasskey } from './factors.ts'
import { FIRST, instant, json, optionalInstant, optionalText, text } from './rows.ts'
import type { Links } from '../storage.ts'
import { insertUser, setPassword } from './users.ts'

const INSERT = statement(`
  insert into links (token_hash, kind, user_id, address, data, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
  returning token_hash`)
const FIND = statement('select * from links where token_hash = $1')
const FIND_INVITATION = statement(`
  select * from links where lower(address) = $1 and kind = 'invitation' and used_at is null and expires_at > $2
  order by created_at desc limit 1`)
const LIST = statement(`
  select l.*, u.username
  from (select * from links where used_at is null and expires_at > $1 and (expires_at, token_hash) < ($3, $4)
    order by expires_at desc, token_hash desc limit $2) l
    left join users u on u.id = l.user_id
  order by l.expires_at desc, l.token_hash desc`)
const NAME_USER = statement('update links set user_id = $2 where token_hash = $1')
const DELETE_USER = statement('delete from users where id = $1')
const CONFIRM_ADDRESS = statement(`
  update users set email = $2, email_verified = 1, updated_at = $3 where id = $1 and disabled_at is null returning id`)
const DELETE = statement('delete from links where token_hash = $1 and used_at is null returning token_hash')

export function createLinks(driver: Driver): Links {
  return {
    async insert(link, event) {
      await driver.write(unit(() => runWithEvent(insertCall(link), event)))
    },
    async find(tokenHash) {
      const [row] = await driver.read(FIND, [tokenHash])
      return row && toLink(row)
    },
    async findInvitation(address, now) {
      const [row] = await driver.read(FIND_INVITATION, [address, now])
      return row && toLink(row)
    },
    async list({ now, limit, after = FIRST }) {
      const rows = await driver.read(LIST, [now, limit, after.at, after.id])
      return rows.map((row) => ({ link: toLink(row), username: optionalText(row, 'username') }))
    },
    replace: (before, link) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const [replaced] = yield* run(DELETE, before)
          if (replaced !== undefined) yield insertCall(link)
          return replaced !== undefined
        }),
      ),
    redeemInvitation: (tokenHash, user, now, { event, joined, passkey } = {}) =>
      driver.write(
        unit(function* (): Unit<'done' | 'taken' | 'gone'> {
          const used = yield* useLink(tokenHash, 'invitation', now)
          if (used === undefined) return 'gone'
          if (!(yield* insertWith(user, passkey))) {
            yield* unuseLink(tokenHash)
            return 'taken'
          }
          if (event !== undefined) yield insertEvent(event)
          yield* giveInvitation(used, user.id, now, joined)
          return 'done'
        }),
      ),
    redeemReset: (tokenHash, change, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const used = yield* useLink(tokenHash, 'reset', now)
          if (used === undefined) return false
          const userId = text(used, 'user_id')
          yield* endResetsOf(userId)
          return yield* setPassword(userId, change, now, event)
        }),
      ),
    confirmAddress: (tokenHash, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const used = yield* useLink(tokenHash, 'address', now)
          if (used === undefined) return false
          const parameters = [text(used, 'user_id'), text(used, 'address'), now]
          return yield* runWithEvent({ statement: CONFIRM_ADDRESS, parameters }, event)
        }),
      ),
    delete: (tokenHash, event) => driver.write(unit(() => runWithEvent({ statement: DELETE, parameters: [tokenHash] }, event))),
  }
}

/** Inserts a user with the passkey that opens the account, or neither. */
function* insertWith(user: User, passkey: Passkey | undefined): Unit<boolean> {
  if (!(yield* insertUser(user, undefined))) return false
  if (passkey === undefined || (yield* insertPasskey(passkey, 1, undefined))) return true
  yield* run(DELETE_USER, user.id)
  return false
}

/** What a used invitation gives, to the account that it made. A group that was deleted since gives nothing. */
export function* giveInvitation(used: Row, userId: string, now: number, event: AuditEvent | undefined): Unit<void> {
  const { group } = json<LinkData>(used, 'data')
  yield* run(NAME_USER, text(used, 'token_hash'), userId)
  if (group !== undefined) yield* joinIfKnown({ userId, group, source: 'manual', since: now }, event)
}

const insertCall = ({ tokenHash, kind, userId, address, data, createdAt, expiresAt }: Link) => ({
  statement: INSERT,
  parameters: [tokenHash, kind, userId ?? null, address ?? null, JSON.stringify(data), createdAt, expiresAt],
})

const toLink = (row: Row): Link => ({
  tokenHash: text(row, 'token_hash'),
  kind: text(row, 'kind') as LinkKind,
  userId: optionalText(row, 'user_id'),
  address: optionalText(row, 'address'),
  data: json(row, 'data'),
  createdAt: instant(row, 'created_at'),
  expiresAt: instant(row, 'expires_at'),
  usedAt: optionalInstant(row, 'used_at'),
})
