/** The addresses that links lead to. */
import { PATHS } from '../../schemas/paths.ts'
import { sha256 } from '../protocol/sha256.ts'
import { LINK_TTL_MS } from './link.ts'
import type { Link, LinkKind } from './link.ts'

export const LINK_PATHS: Readonly<Record<LinkKind, string>> = {
  invitation: PATHS.invitation,
  reset: PATHS.resetPassword,
  address: PATHS.confirmAddress,
  factor: PATHS.factorLink,
}

/** A new link, and the address that is shown once or mailed: only there is the token. */
export function makeLink(
  issuer: string,
  about: Pick<Link, 'kind' | 'userId' | 'address'> & { readonly data?: Link['data'] },
  token: string,
  now: number,
): { readonly link: Link; readonly url: string } {
  const { kind, data = {} } = about
  const link = { ...about, data, tokenHash: sha256(token), createdAt: now, expiresAt: now + LINK_TTL_MS[kind] }
  return { link, url: `${issuer}${LINK_PATHS[kind]}?token=${token}` }
}
