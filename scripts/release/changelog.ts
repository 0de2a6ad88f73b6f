/** The sections of CHANGELOG.md, in the format of Keep a Changelog: `## [Unreleased]`, then `## [1.2.3] - 2026-01-31` and so on. */
import { ReleaseRefused } from './refused.ts'

const UNRELEASED = '## [Unreleased]\n'

/**
 * Gives what is under Unreleased a section of its own, and leaves Unreleased empty. A version that has its section already
 * changes nothing, as long as nothing is waiting under Unreleased.
 *
 * @param date as in 2026-01-31
 * @throws {ReleaseRefused} if there is nothing to release, or no place for it
 */
export function dateSection(changelog: string, version: string, date: string): string {
  const begin = changelog.indexOf(UNRELEASED)
  if (begin < 0) throw new ReleaseRefused('CHANGELOG.md has no section "## [Unreleased]".')
  const waiting = bodyAt(changelog, begin + UNRELEASED.length)
  if (sectionOf(changelog, version) !== undefined) {
    if (waiting === '') return changelog
    throw new ReleaseRefused(`CHANGELOG.md has a section for ${version} and lines under Unreleased: choose another version.`)
  }
  if (waiting === '') throw new ReleaseRefused('CHANGELOG.md has nothing under Unreleased: there is nothing to release.')
  const rest = changelog.slice(begin + UNRELEASED.length)
  return `${changelog.slice(0, begin)}${UNRELEASED}\n## [${version}] - ${date}\n${rest}`
}

/** When a version was released, as its section says. */
export const dateOf = (changelog: string, version: string): string | undefined => headingOf(changelog, version)?.[1]

/** package.json with the date of its version, by which the server knows how old it is. */
export const withDate = (manifest: string, date: string): string => manifest.replace(/"released": "[^"]*"/, `"released": "${date}"`)

/** What changed in a version; `undefined` if it has no dated section. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const heading = headingOf(changelog, version)
  return heading === null ? undefined : bodyAt(changelog, heading.index + heading[0].length)
}

const headingOf = (changelog: string, version: string): RegExpExecArray | null =>
  new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - (\\d{4}-\\d{2}-\\d{2})\\n`, 'm').exec(changelog)

/** The text from `start` to the next section. */
const bodyAt = (changelog: string, start: number): string => changelog.slice(start).split(/^## /m, 1)[0]!.trim()
