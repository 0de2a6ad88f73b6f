/** Entity tags of records (RFC 9110 section 8.8.3): of what a change could be based on. */
import { sha256 } from '../../domain/protocol/sha256.ts'

/** Counts that come and go by themselves are left out. */
export function entityTag(record: unknown): string {
  const members = Object.entries(record as Record<string, unknown>).filter(([name]) => !name.startsWith('live_'))
  return `"${sha256(JSON.stringify(members))}"`
}

/** Whether `If-Match` names the record as it is (RFC 9110 section 13.1.1). */
export const matches = (header: string, tag: string): boolean =>
  header
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === '*' || each === tag)
