/** Whose pages these are: what the layout shows of the service, and the files that it brings along. Owns no route (assets.ts). */
import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { Accent, Accents } from '../../domain/service/accent.ts'

type ServiceSettings = Pick<Config, 'serviceName' | 'serviceLogo' | 'serviceAccent' | 'supportContact' | 'privacyUrl' | 'termsUrl'>

/** A file of the service, as browsers get it. */
export interface ServiceFile {
  readonly type: string
  readonly bytes: Uint8Array
  readonly version: string
}

/** The name of the stylesheet with the colour of the service. */
export const ACCENT_FILE = 'service.css'

/** The files by their names; none without a logo and a colour. */
export function serviceFiles({ serviceLogo, serviceAccent }: ServiceSettings): ReadonlyMap<string, ServiceFile> {
  const files: [string, ServiceFile][] = []
  if (serviceLogo !== undefined) files.push([serviceLogo.name, fileOf(serviceLogo.type, serviceLogo.bytes)])
  if (serviceAccent !== undefined) files.push([ACCENT_FILE, fileOf('text/css; charset=utf-8', Buffer.from(styleOf(serviceAccent)))])
  return new Map(files)
}

const fileOf = (type: string, bytes: Uint8Array): ServiceFile => ({
  type,
  bytes,
  version: createHash('sha256').update(bytes).digest('base64url').slice(0, 12),
})

/** Links take the colour of the text, which every background contrasts with. */
function styleOf({ light, dark }: Accents): string {
  const root = ({ accent, hover, onAccent }: Accent) =>
    `:root { --accent: ${accent}; --accent-hover: ${hover}; --on-accent: ${onAccent}; --link: var(--text) }`
  return `${root(light)}\n@media (prefers-color-scheme: dark) { ${root(dark)} }\n`
}

/** What the layout and every page can show. */
export function describeService({ serviceName, supportContact, privacyUrl, termsUrl }: ServiceSettings) {
  const hasLinks = [supportContact, privacyUrl, termsUrl].some((given) => given !== undefined)
  return {
    name: serviceName ?? 'Solar System',
    isNamed: serviceName !== undefined,
    support: supportContact,
    privacyUrl,
    termsUrl,
    hasLinks,
  }
}
