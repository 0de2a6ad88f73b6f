/** The logo of a service: which files are images that a page may show, by their content. */

export interface ServiceLogo {
  /** The name that the file gets: `logo.` and its extension. */
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** The largest logo, in bytes: it comes with every page that a browser hasn't seen yet. */
export const MAX_LOGO_BYTES = 256 * 1024

const FORMATS = [
  { name: 'logo.png', type: 'image/png', is: (text: string) => text.startsWith('\x89PNG\r\n\x1a\n') },
  { name: 'logo.jpg', type: 'image/jpeg', is: (text: string) => text.startsWith('\xff\xd8\xff') },
  { name: 'logo.webp', type: 'image/webp', is: (text: string) => /^RIFF[^]{4}WEBP/.test(text) },
  { name: 'logo.svg', type: 'image/svg+xml', is: isSvg },
] as const

/** The logo; `undefined` if the content is no image of a known format, whatever the file is called. */
export function parseLogo(bytes: Uint8Array): ServiceLogo | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const format = FORMATS.find(({ is }) => is(text))
  return format && { name: format.name, type: format.type, bytes }
}

/** Whether its first element is an `svg` of the namespace without which no browser draws it. */
function isSvg(text: string): boolean {
  const root = text.replace(
    /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[^]*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?(?:<!--[^]*?-->\s*)*/,
    '',
  )
  return /^<(?:svg\s[^>]*xmlns|(\w+):svg\s[^>]*xmlns:\1)\s*=\s*["']http:\/\/www\.w3\.org\/2000\/svg["']/.test(root)
}
