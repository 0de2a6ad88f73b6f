/** Links that people ask for, and that go to them by mail alone. Owns who gets one and how many; not when it is sent (outbox.ts). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { newSecret } from '../../crypto/random.ts'
import { makeLink } from '../../domain/link/link-address.ts'
import type { Link } from '../../domain/link/link.ts'
import { isManaged } from '../../domain/provider/account.ts'
import { foldAddress, isMailAddress, verifiedAddress } from '../../domain/user/mail-address.ts'
import type { User } from '../../domain/user/user.ts'
import { canonicalUsername } from '../../domain/user/username.ts'
import type { LinkMail } from '../../mail/mails.ts'
import type { Audit } from '../kernel/audit.ts'
import type { Outbox } from './outbox.ts'

export interface MailedLinks {
  /** @param typed the name of an account, or its address */
  mailReset(reply: FastifyReply, typed: string): void
  /** The link of an open invitation again, in place of the one before. */
  mailInvitation(reply: FastifyReply, typed: string): void
  /** The link to a second factor, for somebody who has shown the password. */
  mailFactor(reply: FastifyReply, user: User): void
  /** @param address that the user gave, which counts once it is confirmed */
  mailConfirmation(reply: FastifyReply, user: Pick<User, 'id' | 'username'>, address: string): void
}

/** Accounts that may share an address; each gets a mail. */
const MAX_ACCOUNTS = 3
/** Mails of a kind to one account or address, and in how long, in ms: whatever the sender, a mailbox isn't flooded. */
const MAX_MAILS = 3
const MAILS_WINDOW_MS = 3_600_000

export function createMailedLinks(app: FastifyInstance, { audit, outbox }: { audit: Audit; outbox: Outbox }): MailedLinks {
  const { issuer } = app.settings
  const { identities, links, loginAttempts, users } = app.storage

  async function mayMail(subject: string): Promise<boolean> {
    const now = app.now()
    return (await loginAttempts.count(`mail:${subject}`, now, now + MAILS_WINDOW_MS)).attempts <= MAX_MAILS
  }

  /** People whose password is theirs, unless a provider let them in, and whose address is known to be. */
  const canReset = (user: User): user is User & { email: string } =>
    user.email !== undefined &&
    user.emailVerified &&
    isMailAddress(user.email) &&
    user.disabledAt === undefined &&
    user.origin === 'operator'

  async function findAccounts(typed: string) {
    const user = await users.findByUsername(canonicalUsername(typed))
    const found = user === undefined ? await users.findByEmail(foldAddress(typed)) : [user]
    const able = found.filter(canReset).slice(0, MAX_ACCOUNTS)
    const managed = await Promise.all(able.map(async (each) => isManaged(each, await identities.listOf(each.id))))
    return able.filter((_, index) => !managed[index])
  }

  const make = (about: Parameters<typeof makeLink>[1]) => makeLink(issuer, about, newSecret(), app.now())

  async function insert(reply: FastifyReply, { link, url }: { link: Link; url: string }, username: string): Promise<string> {
    const event = audit.event(reply.request, {
      name: 'link.made',
      userId: link.userId,
      details: { kind: link.kind, user: username, mailed: true },
    })
    await links.insert(link, audit.kept(event))
    return url
  }

  return {
    mailReset(reply, typed) {
      const language = reply.pageLanguage()
      outbox.post(reply, async () => {
        const mails: LinkMail[] = []
        for (const { id, username, email, profile } of await findAccounts(typed)) {
          if (!(await mayMail(`reset:${id}`))) continue
          const made = make({ kind: 'reset', userId: id, address: email })
          const url = await insert(reply, made, username)
          const wanted = [profile.locale ?? language, language]
          mails.push({ kind: 'reset', to: email, url, expiresAt: made.link.expiresAt, username, languages: wanted })
        }
        return mails
      })
    },
    mailInvitation(reply, typed) {
      const language = reply.pageLanguage()
      outbox.post(reply, async () => {
        const address = foldAddress(typed)
        const open = await links.findInvitation(address, app.now())
        if (open?.address === undefined || !(await mayMail(`invitation:${address}`))) return []
        const { link, url } = make({ kind: 'invitation', address: open.address, data: open.data })
        const { expiresAt } = open
        if (!(await links.replace(open.tokenHash, { ...link, expiresAt }))) return []
        return [{ kind: 'invitation', to: open.address, url, expiresAt, languages: [open.data.language ?? language, language] }]
      })
    },
    mailFactor(reply, user) {
      const language = reply.pageLanguage()
      const { id: userId, username, profile } = user
      const address = verifiedAddress(user)
      if (address === undefined) return
      outbox.post(reply, async () => {
        if (!(await mayMail(`factor:${userId}`))) return []
        const made = make({ kind: 'factor', userId, address })
        const url = await insert(reply, made, username)
        const languages = [profile.locale ?? language, language]
        return [{ kind: 'factor', to: address, url, expiresAt: made.link.expiresAt, username, languages }]
      })
    },
    mailConfirmation(reply, { id, username }, address) {
      const language = reply.pageLanguage()
      outbox.post(reply, async () => {
        if (!(await mayMail(`address:${id}`)) || !(await mayMail(`address:${foldAddress(address)}`))) return []
        const made = make({ kind: 'address', userId: id, address })
        const url = await insert(reply, made, username)
        return [{ kind: 'address', to: address, url, expiresAt: made.link.expiresAt, username, languages: [language] }]
      })
    },
  }
}
