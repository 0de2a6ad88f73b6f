/** Shows a page of the console, with its menu, and reads where a list goes on. Owns no record and no right. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { formatCursor, parseCursor } from '../../domain/protocol/cursor.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { CONSOLE } from '../../schemas/paths.ts'
import type { ConsoleQuery } from '../../schemas/console.ts'
import type { ConsolePage, ConsolePart, Sentence } from '../pages/console-models.ts'
import type { Visit } from './entrance.ts'
import { GROUPS } from './sections.ts'

/** How many records one page of a list has. */
export const PAGE = 50

/** What has just been done, as the address of the next page says it; each has a sentence. */
export const CONSOLE_NOTICES = ['done', 'added', 'changed', 'ended', 'deleted'] as const
export type ConsoleNotice = (typeof CONSOLE_NOTICES)[number]

/** A page without what all of them have. `section`: of the menu. */
export type Shown = Pick<ConsolePage, 'heading' | 'lead' | 'problem' | 'back'> & {
  readonly section: string
  readonly marks?: ConsolePage['marks']
  readonly parts: ConsolePart[]
  readonly status?: number
}

export type Show = (reply: FastifyReply, visit: Visit, page: Shown) => Promise<FastifyReply>

export const say = (key: string, values?: Sentence['values']): Sentence => ({ key, ...(values !== undefined && { values }) })

export function createShow({ settings: { base } }: FastifyInstance): Show {
  return async (reply, { username, role, token }, { section, parts, status = 200, marks = [], ...page }) => {
    const { notice, ui_locales: uiLocales } = reply.request.query as ConsoleQuery
    const done = CONSOLE_NOTICES.find((known) => known === notice)
    await reply.page(
      'console',
      {
        ...page,
        marks,
        parts,
        ...(done !== undefined && { notice: say(`console.notice.${done}`) }),
        groups: GROUPS.map(({ id, sections }) => ({
          say: say(`console.group.${id}`),
          sections: sections.map((each) => ({ to: base + each.path, say: say(`console.${each.id}`), isHere: each.id === section })),
        })),
        person: { username, role: say(`console.role.${role}`) },
        leave: { action: base + CONSOLE.leave, token },
      },
      { status, ...(uiLocales !== undefined && { uiLocales }) },
    )
    return reply
  }
}

/** The key that a list goes on after; `undefined` for its beginning. */
export function afterOf<T extends readonly (string | number)[]>({ after }: ConsoleQuery, shape: T): T | undefined {
  if (after === undefined) return undefined
  const key = parseCursor(after, shape)
  if (key === undefined) throw new OAuthError('invalid_request', 'this list does not go on there: begin at its first page')
  return key
}

/** Links to the first page of a list, and to the next one. `query`: what is searched. */
export function pagerOf(
  path: string,
  { after }: ConsoleQuery,
  query: Readonly<Record<string, string>>,
  next?: readonly (string | number)[],
) {
  const to = (more: Record<string, string>): string => {
    const text = new URLSearchParams({ ...query, ...more }).toString()
    return text === '' ? path : `${path}?${text}`
  }
  const isFirst = after === undefined
  if (isFirst && next === undefined) return {}
  return { pager: { ...(!isFirst && { first: to({}) }), ...(next !== undefined && { next: to({ after: formatCursor(next) }) }) } }
}
