import t from 'tap'
import { createLanguages } from '#src/config/languages.ts'
import { LINK_KINDS } from '#src/domain/link/link.ts'
import { composeLinkMail } from '#src/mail/mails.ts'

const languages = createLanguages({ ar: { 'mail.until': '{until} ‏' } })
const SERVICE = { name: 'Acme & Söhne <b>', host: 'auth.example.com' }
const URL = 'https://auth.example.com/x?token=abc&ui_locales=ko'
const compose = (kind: (typeof LINK_KINDS)[number], tags: string[], username?: string) =>
  composeLinkMail(
    { kind, to: 'a@b.example', url: URL, expiresAt: Date.UTC(2026, 10, 29, 12), username, languages: tags },
    languages,
    SERVICE,
  )

t.test('a mail says the same as text and as HTML, in the language of its reader', async (t) => {
  for (const [tag, until] of [
    ['en', 'November 29, 2026 at 12:00 UTC'],
    ['ko-KR', '2026년 11월 29일 12:00 UTC'],
  ] as const)
    for (const kind of LINK_KINDS) {
      const { subject, text, html } = compose(kind, [tag], 'helen')
      t.match(subject, SERVICE.name)
      t.match(text, `\n\n${URL}\n\n`, 'alone on its line')
      t.match(text, until)
      t.match(html, until)
      t.match(html, `<html lang="${tag.slice(0, 2)}" dir="ltr">`)
      t.match(html, `<a href="https://auth.example.com/x?token=abc&amp;ui_locales=ko"`)
      t.match(html, 'Acme &amp; Söhne &lt;b&gt;')
      t.notMatch(html, /<(img|script|link|style)|<b>/)
      t.notMatch(text + html, /\{\w+\}|undefined/)
      if (kind !== 'invitation') t.match(text, 'helen')
      for (const paragraph of text.split('\n\n').slice(2, -1))
        t.ok(html.includes(paragraph.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replaceAll("'", '&#39;')), paragraph)
    }
})

t.test('a mail takes the first language that it has, in its direction', async (t) => {
  t.match(compose('reset', ['xx', 'ko']).subject, '새 비밀번호')
  t.match(compose('reset', ['xx']).subject, 'new password')
  t.match(compose('reset', ['ar']).html, 'lang="ar" dir="rtl"')
})
