/** Whose pages these are: name, logo, colour, contact, terms, languages. Part of schema.ts. */
import { readFileSync, statSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import { parseAccent } from '../../domain/service/accent.ts'
import type { Accents } from '../../domain/service/accent.ts'
import { MAX_LOGO_BYTES, parseLogo } from '../../domain/service/logo.ts'
import type { ServiceLogo } from '../../domain/service/logo.ts'
import { isPageUrl, parseSupportContact } from '../../domain/service/support-contact.ts'
import type { SupportContact } from '../../domain/service/support-contact.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { setting } from '../kinds.ts'
import type { Description, Reading } from '../kinds.ts'
import { readLocales } from './locales.ts'
import type { Locales } from './locales.ts'

const MAX_NAME = 60

export const SERVICE = {
  serviceName: Type.Optional(
    setting(Type.String(), {
      name: 'SERVICE_NAME',
      about: 'The name of your service, on every page and in the titles of tabs; without one it is Solar System.',
      accepts: `at most ${MAX_NAME} visible characters`,
      example: 'Acme Sign-in',
      read: readName,
    }),
  ),
  serviceLogo: Type.Optional(
    setting(Type.Unsafe<ServiceLogo>(Type.Object({ name: Type.String(), type: Type.String(), bytes: Type.Uint8Array() })), {
      name: 'SERVICE_LOGO',
      about: 'An image beside the name on every page, and in the tab. It must be visible on light and on dark pages.',
      accepts: 'the path of a PNG, JPEG, WebP or SVG file of at most 256 KB',
      example: 'logo.svg',
      read: readLogo,
    }),
  ),
  serviceAccent: Type.Optional(
    setting(Type.Unsafe<Accents>(Type.Object({ light: Type.Object({}), dark: Type.Object({}) })), {
      name: 'SERVICE_ACCENT',
      about: 'The colour of buttons. One that is too close to the background of light or dark pages is refused.',
      accepts: 'a colour such as `#0b6e69`, or two separated by a comma: for light and for dark pages',
      example: '#0b6e69,#5fd0c8',
      read: parseAccent,
    }),
  ),
  supportContact: Type.Optional(
    setting(Type.Unsafe<SupportContact>(Type.Object({ text: Type.String() })), {
      name: 'SUPPORT_CONTACT',
      about: 'Where users find help; on every page.',
      accepts: 'an e-mail address, an https URL, or words such as a telephone number',
      example: 'help@example.com',
      read: parseSupportContact,
    }),
  ),
  privacyUrl: link('PRIVACY_URL', {
    about: 'Your privacy policy; linked on every page.',
    example: 'https://example.com/privacy',
  }),
  termsUrl: link('TERMS_URL', {
    about: 'Your terms of service; linked on every page.',
    example: 'https://example.com/terms',
  }),
  locales: Type.Optional(
    setting(Type.Unsafe<Locales>(Type.Record(Type.String(), Type.Record(Type.String(), Type.String()))), {
      name: 'LOCALES_DIR',
      about:
        'A folder with languages for the pages: `fr.json` adds French, `en.json` changes sentences of the English that ships. The files in ' +
        '`src/templates/locales` are the ones to copy.',
      accepts: 'a folder with files such as `fr.json`',
      example: 'locales',
      read: readLocales,
    }),
  ),
}

function link(name: string, description: Description) {
  const read = (raw: string): Reading => ok(isPageUrl(raw) ? raw : undefined)
  return Type.Optional(setting(Type.String({ maxLength: 2048 }), { ...description, name, accepts: 'an https URL', read }))
}

/** Without characters that nobody sees, which come along from where it was copied. */
function readName(raw: string): Reading {
  const name = plainText(raw, MAX_NAME + 1)
  return ok(name === '' || [...name].length > MAX_NAME ? undefined : name)
}

function readLogo(path: string): Reading {
  try {
    const found = statSync(path)
    if (found.size > MAX_LOGO_BYTES) return err(`name a file of at most 256 KB, and this one has ${Math.ceil(found.size / 1024)} KB`)
    // A device or a pipe has no size, and would be read for ever.
    const logo = found.isFile() ? parseLogo(readFileSync(path)) : undefined
    return logo === undefined ? err('name a PNG, JPEG, WebP or SVG file, and this one is none by its content') : ok(logo)
  } catch (error) {
    return err(`name a file that can be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
