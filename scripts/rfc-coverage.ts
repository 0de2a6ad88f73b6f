/** `docs/rfc-coverage.md`: which requirements of which standard are covered by which tests, and which are not met on purpose. */
import type { Quote } from './quotes.ts'

/** The names of documents that aren't RFCs, by the beginning of their addresses; the page lists them last, in this order. */
const NAMES: readonly (readonly [address: string, name: string])[] = [
  ['https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-', 'OAuth 2.1, draft'],
  ['https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/', 'Client ID Metadata Documents, draft'],
  ['https://openid.net/specs/openid-connect-core-1_0.html', 'OpenID Connect Core 1.0'],
  ['https://openid.net/specs/openid-connect-discovery-1_0.html', 'OpenID Connect Discovery 1.0'],
  ['https://openid.net/specs/openid-connect-registration-1_0.html', 'OpenID Connect Dynamic Client Registration 1.0'],
  ['https://openid.net/specs/openid-connect-rpinitiated-1_0.html', 'OpenID Connect RP-Initiated Logout 1.0'],
  ['https://openid.net/specs/openid-connect-backchannel-1_0.html', 'OpenID Connect Back-Channel Logout 1.0'],
  [
    'https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html',
    'OpenID Connect unmet_authentication_requirements 1.0',
  ],
  ['https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html', 'OAuth 2.0 Multiple Response Types 1.0'],
  ['https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html', 'OAuth 2.0 Form Post Response Mode 1.0'],
  ['https://openid.net/specs/oauth-v2-jarm-final.html', 'JWT Secured Authorization Response Mode (JARM)'],
  ['https://openid.net/specs/fapi-security-profile-2_0-final.html', 'FAPI 2.0 Security Profile'],
  ['https://openid.net/specs/fapi-message-signing-2_0-final.html', 'FAPI 2.0 Message Signing'],
  ['https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization', 'MCP authorization, 2026-07-28'],
]

export function renderCoverage(quotes: readonly Quote[]): string {
  const standards = [...groupedBy(quotes, nameOf)].sort(([a], [b]) => rank(a) - rank(b))
  return `# RFC requirements and the tests that cover them

<!-- Written by \`npm run docs\` from the quotes above the tests: change those instead. -->

Each sentence is quoted, or put in other words, above the test that fails if the server breaks it. [What is supported](support.md) says how much
of each standard the server implements.

${table(
  ['Standard', 'Sentences covered', 'Not met, on purpose'],
  standards.map(([name, all]) => [name, covered(all).size, excepted(all).length || '']),
)}
${standards.map(([name, all]) => renderStandard(name, all)).join('\n')}`
}

function renderStandard(name: string, quotes: readonly Quote[]): string {
  const link = ({ document, section }: Quote) => `[${section.replace('section-', '')}](${document}#${section})`
  const tests = (same: readonly Quote[]) => same.map(({ test = '', file }) => `${text(test)} (\`${file}\`)`).join('; ')
  const rows = [...covered(quotes).values()]
    .sort(([a], [b]) => bySection(a!, b!))
    .map((same) => [link(same[0]!), text(same[0]!.sentence), tests(same)])
  const exceptions = excepted(quotes)
    .sort(bySection)
    .map((quote) => [link(quote), text(quote.sentence), text(quote.exception!)])
  const parts = [`## ${name}`]
  if (rows.length > 0) parts.push(table(['Section', 'Sentence', 'Covered by'], rows))
  if (exceptions.length > 0) parts.push('Not met, on purpose:', table(['Section', 'Sentence', 'Why'], exceptions))
  return parts.join('\n\n')
}

const table = (heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')

/** Escapes what Markdown would interpret; code stays code. */
const text = (words: string): string =>
  words
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/[<*_\\]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')

/** The sentences that tests cover, each with all its quotes. */
const covered = (quotes: readonly Quote[]) =>
  groupedBy(
    quotes.filter(({ exception }) => exception === undefined),
    ({ section, sentence }) => `${section} ${sentence}`,
  )
const excepted = (quotes: readonly Quote[]) => quotes.filter(({ exception }) => exception !== undefined)

function groupedBy(quotes: readonly Quote[], key: (quote: Quote) => string): Map<string, Quote[]> {
  const groups = new Map<string, Quote[]>()
  for (const quote of quotes) groups.set(key(quote), [...(groups.get(key(quote)) ?? []), quote])
  return groups
}

/** RFCs by their number, then the others in the order of their table. */
const rank = (name: string): number =>
  name.startsWith('RFC ') ? Number(name.slice(4)) : 1e6 + NAMES.findIndex(([, known]) => known === name)
const bySection = (a: Quote, b: Quote): number => a.section.localeCompare(b.section, 'en', { numeric: true })

function nameOf({ document }: Quote): string {
  const rfc = /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc(\d+)$/.exec(document)
  const name = rfc === null ? NAMES.find(([address]) => document.startsWith(address))?.[1] : `RFC ${rfc[1]}`
  if (name === undefined) throw new Error(`name ${document} in scripts/rfc-coverage.ts`)
  return name
}
