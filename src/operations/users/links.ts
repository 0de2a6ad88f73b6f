/** One-use links: invitations, new passwords for people who forgot theirs, and second factors. Each is shown once; only its hash is kept. */
import { createLanguages } from '../../config/languages.ts'
import { makeLink } from '../../domain/link/link-address.ts'
import type { Link } from '../../domain/link/link.ts'
import { isManaged } from '../../domain/provider/account.ts'
import { ok } from '../../domain/protocol/result.ts'
import { isMailAddress, verifiedAddress } from '../../domain/user/mail-address.ts'
import { rpIdOf } from '../../domain/user/passkeys.ts'
import type { User } from '../../domain/user/user.ts'
import type { ListKey, ListedLink } from '../../storage/storage.ts'
import { findGroup } from '../access/groups.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { pageOf, parseLimit } from '../limits.ts'
import { linkMailsOf, problemOfMail } from '../mail.ts'
import { conflict, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkRank, checkRankOf } from './roles.ts'
import { checkPasswordChangeable } from './user-credentials.ts'

export type { ListedLink }

const LIMITS = { usual: 50, max: 1000 }

export interface NewInvitation {
  /** Whom it is for: the account gets this address, as verified. */
  readonly email?: string | undefined
  /** A group that the user joins. */
  readonly group?: string | undefined
  /** The language of the mail; else English. */
  readonly language?: string | undefined
  /** Not to send it, although mails are set up. */
  readonly print?: boolean
}

export interface MadeLink {
  readonly link: Link
  readonly url: string
  /** The mail that was sent, or why it wasn't; none was tried if that isn't set up, or nobody knows where to. */
  readonly mail?: { readonly to: string; readonly problem?: string | undefined } | undefined
}

/** Makes a link with which somebody makes an account of their own, once. */
export async function inviteUser(
  context: OperationContext,
  { email, group, language, print = false }: NewInvitation,
): Promise<Outcome<MadeLink>> {
  if (email !== undefined && !isMailAddress(email)) return invalidArgument('email', 'must be an e-mail address', email)
  const found = group === undefined ? ok(undefined) : await findGroup(context, group)
  if (!found.ok) return found
  const languages = createLanguages(context.config.locales)
  if (language !== undefined && !languages.tags.includes(language))
    return invalidArgument('language', `must be one of ${languages.tags.join(', ')}`, language)
  const data: Link['data'] = {
    ...(group !== undefined && { group }),
    ...(language !== undefined && { language }),
  }
  const details = data.group === undefined ? {} : { group: data.group }
  const made = await insertLink(context, { kind: 'invitation', address: email, data }, details)
  return ok(await mailLink(context, made, print ? undefined : email, { languages: [language ?? 'en'] }))
}

/** Makes a link with which a user sets a new password, once. The present one counts until then. */
export async function makeResetLink(
  context: OperationContext,
  user: User,
  { print = false }: Pick<NewInvitation, 'print'> = {},
): Promise<Outcome<MadeLink>> {
  const changeable = checkPasswordChangeable(context, user)
  if (!changeable.ok) return changeable
  if (isManaged(user, await context.storage.identities.listOf(user.id)))
    return conflict(`${user.username} came by a provider, which alone lets them in: there is no password to reset.`)
  if (user.disabledAt !== undefined) return conflict(`${user.username} is disabled.`)
  const { id: userId, username, profile } = user
  const address = print || linkMailsOf(context) === undefined ? undefined : verifiedAddress(user)
  const made = await insertLink(context, { kind: 'reset', userId, address }, { user: username })
  return ok(await mailLink(context, made, address, { username, languages: [profile.locale ?? 'en'] }))
}

/**
 * Makes a link with which a user sets up the first second factor, once, beside the password or a provider; of a user who has neither, the
 * first passkey, with the link alone.
 */
export async function makeFactorLink(
  context: OperationContext,
  user: User,
  { print = false }: Pick<NewInvitation, 'print'> = {},
): Promise<Outcome<MadeLink>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { config, storage } = context
  const { id: userId, username, profile } = user
  if (user.disabledAt !== undefined) return conflict(`${username} is disabled.`)
  const needsPasskey = user.passwordHash === undefined && (await storage.identities.listOf(userId)).length === 0
  if (rpIdOf(config.issuer) === undefined && (needsPasskey || config.secondFactor === 'off'))
    return conflict(`Browsers keep no passkeys for ${config.issuer}: give the server a name, by ISSUER.`)
  const { passkeys, codes } = await storage.factors.listOf(userId)
  if (passkeys.length > 0 || codes !== undefined)
    return conflict(`${username} has a second factor or a passkey already, and logs in with it: user reset-factors removes it.`)
  const address = print || linkMailsOf(context) === undefined ? undefined : verifiedAddress(user)
  const made = await insertLink(context, { kind: 'factor', userId, address }, { user: username })
  return ok(await mailLink(context, made, address, { username, languages: [profile.locale ?? 'en'] }))
}

async function mailLink(
  context: OperationContext,
  made: MadeLink,
  to: string | undefined,
  about: { readonly username?: string; readonly languages: readonly string[] },
): Promise<MadeLink> {
  const mails = linkMailsOf(context)
  if (mails === undefined || to === undefined) return made
  const { link, url } = made
  const problem = await problemOfMail(mails.send({ kind: link.kind, to, url, expiresAt: link.expiresAt, ...about }))
  return { ...made, mail: { to, problem } }
}

async function insertLink(context: OperationContext, about: Parameters<typeof makeLink>[1], details: object): Promise<MadeLink> {
  const made = makeLink(context.config.issuer, about, context.newSecret(), context.now())
  // An address stays out of the log, which outlives it.
  const event = operatorEvent(context, { name: 'link.made', userId: about.userId, details: { kind: about.kind, ...details } })
  await context.storage.links.insert(made.link, event)
  return made
}

export interface LinkPage {
  readonly links: readonly ListedLink[]
  /** Whether there are more than these. */
  readonly more: boolean
  /** Where the next page begins, if there are more. */
  readonly next: ListKey | undefined
}

/** Links that can still be used, those that count longest first. */
export async function listLinks(
  context: OperationContext,
  asked: { readonly limit?: number | undefined; readonly after?: ListKey | undefined },
): Promise<Outcome<LinkPage>> {
  const limit = parseLimit(asked.limit, LIMITS)
  if (!limit.ok) return limit
  const found = await context.storage.links.list({ now: context.now(), limit: limit.value + 1, after: asked.after })
  const { items: links, ...rest } = pageOf(found, limit.value, ({ link: { expiresAt, tokenHash } }) => ({ at: expiresAt, id: tokenHash }))
  return ok({ links, ...rest })
}

/** Ends a link that nobody used yet. Its id is the hash of its token, with which nobody can use it. */
export async function revokeLink(context: OperationContext, id: string): Promise<Outcome<void>> {
  const allowed = await checkRankOf(context, (await context.storage.links.find(id))?.userId)
  if (!allowed.ok) return allowed
  const event = operatorEvent(context, { name: 'link.revoked', details: { link: id } })
  return (await context.storage.links.delete(id, event)) ? ok(undefined) : notFound(`There is no link ${id} that can still be used.`)
}

/** A link as programs read it. */
export function linkJson({ link: { tokenHash, kind, userId, address, data, createdAt, expiresAt }, username }: ListedLink) {
  return {
    id: tokenHash,
    kind,
    ...(username !== undefined && { user: username, sub: userId }),
    ...(address !== undefined && { email: address }),
    ...(data.group !== undefined && { group: data.group }),
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  }
}
