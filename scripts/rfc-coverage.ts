/** `docs/rfc-coverage.md`: which sentences of which standard are held by which test, and which are not met on purpose. */
import type { Quote } from './quotes.ts'

/** The documents that aren't RFCs, in the order of the page, which they come last in. */
const NAMES: Record<string, string> = {
  'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13': 'OAuth 2.1, draft 13',
  'https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html': 'Client ID Metadata Documents, draft',
  'https://openid.net/specs/openid-connect-core-1_0.html': 'OpenID Connect Core 1.0',
  'https://openid.net/specs/openid-connect-discovery-1_0.html': 'OpenID Connect Discovery 1.0',
  'https://openid.net/specs/openid-connect-registration-1_0.html': 'OpenID Connect Dynamic Client Registration 1.0',
  'https://openid.net/specs/openid-connect-rpinitiated-1_0.html': 'OpenID Connect RP-Initiated Logout 1.0',
  'https://openid.net/specs/openid-connect-backchannel-1_0.html': 'OpenID Connect Back-Channel Logout 1.0',
  'https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html': 'OAuth 2.0 Form Post Response Mode',
  'https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html': 'OAuth 2.0 Multiple Response Type Encoding Practices',
}
const RFC = /^https:\/\/www\.rfc-editor\.org\/rfc\/rfc(\d+)$/

interface Standard {
  readonly name: string
  readonly document: string
  readonly quotes: readonly Quote[]
}

export function renderCoverage(quotes: readonly Quote[]): string {
  const standards = [...groupedBy(quotes, ({ document }) => document)].map(([document, all]): Standard => ({ name: nameOf(document), document, quotes: all }))
  standards.sort((a, b) => rank(a) - rank(b))
  return `# Sentences of standards, and the tests that hold them

<!-- Written by \`npm run docs\` from the quotes above the tests: change those instead. -->

Each sentence stands in the source above the test that fails when the server breaks it. What of a standard is there at all, says
[what is supported](support.md).

| Standard | Sentences held | Not met, on purpose |
| --- | --- | --- |
${standards.map(({ name, quotes: all }) => `| ${name} | ${held(all).size} | ${excepted(all).length || ''} |\n`).join('')}
${standards.map(renderStandard).join('\n')}`
}

function renderStandard({ name, document, quotes }: Standard): string {
  const rows = [...held(quotes).values()].sort((a, b) => bySection(a[0]!, b[0]!))
  const exceptions = excepted(quotes).sort(bySection)
  const link = ({ section }: Quote) => `[${section.replace('section-', '')}](${document}#${section})`
  return `## ${name}

| Section | Sentence | Held by |
| --- | --- | --- |
${rows.map((same) => `| ${link(same[0]!)} | ${cell(same[0]!.sentence)} | ${same.map(({ test = '', file }) => `${cell(test)} (\`${file}\`)`).join('; ')} |\n`).join('')}${
    exceptions.length === 0
      ? ''
      : `
Not met, on purpose:

| Section | Sentence | Why |
| --- | --- | --- |
${exceptions.map((quote) => `| ${link(quote)} | ${cell(quote.sentence)} | ${cell(quote.exception!)} |\n`).join('')}`
  }`
}

/** The sentences that tests hold, each with all that quote it. */
const held = (quotes: readonly Quote[]) => groupedBy(quotes.filter(({ exception }) => exception === undefined), ({ section, sentence }) => `${section} ${sentence}`)
const excepted = (quotes: readonly Quote[]) => quotes.filter(({ exception }) => exception !== undefined)

function groupedBy(quotes: readonly Quote[], key: (quote: Quote) => string): Map<string, Quote[]> {
  const groups = new Map<string, Quote[]>()
  for (const quote of quotes) groups.set(key(quote), [...(groups.get(key(quote)) ?? []), quote])
  return groups
}

/** RFCs by their number, then the others in the order of their table. */
const rank = ({ name, document }: Standard): number => Number(RFC.exec(document)?.[1] ?? 1e6 + Object.values(NAMES).indexOf(name))
const bySection = (a: Quote, b: Quote): number => a.section.localeCompare(b.section, 'en', { numeric: true })

function nameOf(document: string): string {
  const number = RFC.exec(document)?.[1]
  const name = number === undefined ? NAMES[document] : `RFC ${number}`
  if (name === undefined) throw new Error(`name ${document} in scripts/rfc-coverage.ts`)
  return name
}

const cell = (text: string): string => text.replace(/[|<*_\\]/g, '\\$&')
