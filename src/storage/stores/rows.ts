/** Reads columns of text and bigint as the types of the records. */
import { PASSWORD_LOGIN } from '../../domain/authorization/authentication.ts'
import type { Authentication } from '../../domain/authorization/authentication.ts'
import type { Row } from '../driver.ts'

/** No text that begins with a prefix comes after the prefix with this. */
export const LAST_CHARACTER = '\u{10FFFF}'

export const text = (row: Row, column: string): string => row[column] as string
export const optionalText = (row: Row, column: string): string | undefined => (row[column] as string | null) ?? undefined
export const instant = (row: Row, column: string): number => row[column] as number
export const optionalInstant = (row: Row, column: string): number | undefined => (row[column] as number | null) ?? undefined
export const flag = (row: Row, column: string): boolean => row[column] === 1
export const optionalJson = <T>(row: Row, column: string): T | undefined => (row[column] === null ? undefined : json<T>(row, column))
export const json = <T>(row: Row, column: string): T => JSON.parse(row[column] as string) as T

/** How somebody logged in; what was stored before there was another way was a password. */
export const authentication = (row: Row, prefix = ''): Authentication => ({
  amr: optionalJson(row, `${prefix}amr`) ?? PASSWORD_LOGIN.amr,
  acr: optionalText(row, `${prefix}acr`) ?? PASSWORD_LOGIN.acr,
})

/** The database has `person` for what the records call `operator`, because stored values never change. */
export const originOf = (row: Row): string => (row['origin'] === 'person' ? 'operator' : text(row, 'origin'))
export const storedOrigin = (origin: string): string => (origin === 'operator' ? 'person' : origin)

/** Before the first record of a list that goes from late to early. */
export const FIRST = { at: Number.MAX_SAFE_INTEGER, id: '' }
