import t from 'tap'
import { isPageUrl, parseSupportContact } from '#src/domain/service/support-contact.ts'

t.test('help is an address to write to, a page, or words', async (t) => {
  const table: [string, object][] = [
    ['help@example.com', { text: 'help@example.com', href: 'mailto:help@example.com' }],
    ['mailto:help+it@example.com', { text: 'help+it@example.com', href: 'mailto:help+it@example.com' }],
    ['https://example.com/help/', { text: 'example.com/help', href: 'https://example.com/help/' }],
    ['HTTPS://example.com#phone', { text: 'example.com#phone', href: 'HTTPS://example.com#phone' }],
    ['Room 12, or +44 20 7946 0000', { text: 'Room 12, or +44 20 7946 0000' }],
    ['Ask\u200B Ada', { text: 'Ask Ada' }],
    ['a@b.example?subject=x', { text: 'a@b.example?subject=x' }],
  ]
  for (const [raw, value] of table) t.strictSame(parseSupportContact(raw), { ok: true, value }, raw)
})

t.test('a contact that would mislead is refused', async (t) => {
  const table: [string, RegExp][] = [
    ['http://example.com/help', /^begin with https:\/\//],
    ['ftp://example.com', /^begin with https:\/\//],
    ['https://user@example.com/', /^begin with https:\/\//],
    ['x'.repeat(201), /^be at most 200 visible characters/],
    ['\u200B', /^be at most 200 visible characters/],
  ]
  for (const [raw, error] of table) t.match(parseSupportContact(raw), { ok: false, error }, raw)
})

t.test('a page is an https address that every parser reads alike', async (t) => {
  for (const raw of ['https://example.com', 'https://example.com/legal?x=1#privacy']) t.equal(isPageUrl(raw), true, raw)
  for (const raw of [
    'http://example.com',
    'https:example.com',
    'https://a@example.com/',
    'https://exa mple.com',
    'javascript:alert(1)',
    '/legal',
  ])
    t.equal(isPageUrl(raw), false, raw)
})
