/** What mails with a link say, in the reader's language: as text, and as HTML that needs nothing else. */
import type { Language, Languages } from '../config/languages.ts'
import { directionOf } from '../domain/language/language-ranges.ts'
import type { LinkKind } from '../domain/link/link.ts'
import type { Mail } from './mailer.ts'

export interface LinkMail {
  readonly kind: LinkKind
  readonly to: string
  readonly url: string
  /** In ms. */
  readonly expiresAt: number
  /** Whose account it is, where there is one. */
  readonly username?: string | undefined
  /** The preferred one first. */
  readonly languages: readonly string[]
}

/** The sentences of each mail. */
export const MAIL_SENTENCES = ['subject', 'text', 'button', 'note'] as const

/** @param service its name, and the host that the link leads to */
export function composeLinkMail(mail: LinkMail, languages: Languages, service: { readonly name: string; readonly host: string }): Mail {
  const language = languages.choose(mail.languages)
  const values = { service: service.name, username: mail.username, host: service.host, until: untilOf(mail.expiresAt, language) }
  const say = (key: string): string => languages.translate(language, key, values)
  const [subject, text, button, note] = MAIL_SENTENCES.map((name) => say(`mail.${mail.kind}.${name}`)) as [string, string, string, string]
  const [until, footer] = [say('mail.until'), say('mail.footer')]
  return {
    to: mail.to,
    subject,
    text: [text, mail.url, until, note, `-- \n${footer}`].join('\n\n') + '\n',
    html: htmlOf({ language, subject, text, button, until, note, footer, url: mail.url }),
  }
}

const untilOf = (at: number, language: Language): string =>
  `${new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC', hourCycle: 'h23' }).format(at)} UTC`

type Parts = Readonly<Record<'language' | 'subject' | 'text' | 'button' | 'until' | 'note' | 'footer' | 'url', string>>

/** No image, script or style sheet: a mail loads nothing, and tells nobody that it was read. */
function htmlOf({ language, subject, text, button, until, note, footer, url }: Parts): string {
  const href = escape(url)
  return `<!doctype html>
<html lang="${escape(language)}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(subject)}</title>
</head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 system-ui, sans-serif">
<div style="max-width: 32rem; margin: 0 auto">
<p>${escape(text)}</p>
<p><a href="${href}" style="display: inline-block; padding: 10px 18px; border: 2px solid; border-radius: 8px; font-weight: 600">${escape(button)}</a></p>
<p style="font-size: 14px; overflow-wrap: anywhere">${href}</p>
<p>${escape(until)}</p>
<p>${escape(note)}</p>
<p style="font-size: 14px; border-top: 1px solid; padding-top: 12px">${escape(footer)}</p>
</div>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
