/**
 * GET and POST /invitation: somebody who was invited chooses a name, and a password or a passkey. Owns what the account starts with;
 * not the link (link-page.ts), nor who may invite (operations/users/links.ts), nor the way by a provider (provider/invited-login.ts). It
 * logs nobody in.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { acceptNewPassword } from '../../crypto/password-strength.ts'
import { hashPassword, verifyPassword } from '../../crypto/password.ts'
import { newId } from '../../crypto/random.ts'
import { isUsable, wasJustUsed } from '../../domain/link/link.ts'
import type { Link } from '../../domain/link/link.ts'
import { openSetUp } from '../../domain/user/factor-set-up.ts'
import type { Passkey } from '../../domain/user/factors.ts'
import { isMailAddress } from '../../domain/user/mail-address.ts'
import type { User } from '../../domain/user/user.ts'
import { canonicalUsername, isUsername } from '../../domain/user/username.ts'
import { InvitationForm, LinkQuery } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createConcurrencyLimit } from '../kernel/load-shedding.ts'
import type { Throttle } from '../login/login-throttle.ts'
import { receivePasskey, wasJustMade } from '../login/new-passkey.ts'
import { describePasskeySetUp } from '../login/set-up-form.ts'
import type { InvitationPages, ShownInvitation } from './invitation-page.ts'
import { inLanguage } from './link-page.ts'
import type { MailedLinks } from './mailed-links.ts'

/** Forms in progress: passwords are hashed a few at a time. */
const AT_ONCE = 32

interface Needs {
  readonly audit: Audit
  readonly throttle: Throttle
  readonly invitations: InvitationPages
  /** Without mails, nobody can prove an address. */
  readonly mailedLinks: MailedLinks | undefined
}

const invitation: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, throttle, invitations, mailedLinks }) => {
  const { pages, show, offersPassword } = invitations
  const { base, issuer, adminUsername } = app.settings
  const { links, users } = app.storage

  app.get(
    PATHS.invitation,
    { attachValidation: true, schema: { querystring: LinkQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const opened = await pages.open(request, reply)
      return opened === undefined ? reply : show(reply, opened)
    },
  )

  app.post(
    PATHS.invitation,
    {
      attachValidation: true,
      schema: { body: InvitationForm },
      config: { audience: 'page', concurrencyLimit: createConcurrencyLimit(AT_ONCE) },
    },
    async (request, reply) => {
      request.requireOwnForm()
      const { token, password: raw = '', email: typed = '', way, credential } = request.body
      const username = canonicalUsername(request.body.username)
      const verdict = await pages.count(request, reply, token)
      const link = await pages.find(token)
      if (link === undefined) return pages.refuse(reply)
      const again = (problem: ShownInvitation, status: number) =>
        show(reply, { token, link }, { username, typedEmail: typed, ...problem }, { status })
      if (verdict.problem !== undefined) return again(verdict.problem, 429)
      if (!isUsable(link, app.now())) return (await madeThis(request, link)) ? done(username) : pages.refuse(reply)
      if (way !== 'passkey' && !offersPassword) return again({}, 400)
      if (!isUsername(username)) return again({ problem: 'name' }, 400)
      if (username === canonicalUsername(adminUsername)) return again({ problem: 'taken' }, 409)
      const ownEmail = mailedLinks === undefined || link.address !== undefined || typed.trim() === '' ? undefined : typed.trim()
      if (ownEmail !== undefined && !isMailAddress(ownEmail)) return again({ problem: 'email' }, 400)
      if (way === 'passkey' && credential === undefined)
        return (await users.findByUsername(username)) === undefined ? showPasskey(request, reply, link) : again({ problem: 'taken' }, 409)
      const key = way === 'passkey' ? await newPasskey(request, link) : undefined
      if (way === 'passkey' && key === undefined) return showPasskey(request, reply, link, 'passkey')
      const password = key === undefined ? await acceptNewPassword(raw, username, issuer) : undefined
      if (password?.ok === false) return again({ problem: password.error }, 400)

      const outcome = await redeem(username, password && (await hashPassword(password.value)), key, link)
      if (outcome === 'taken') return again({ problem: 'taken' }, 409)
      if (outcome === 'gone') return pages.refuse(reply)
      await throttle.forgive(verdict)
      return done(username)

      async function redeem(
        username: string,
        passwordHash: string | undefined,
        passkey: Passkey | undefined,
        { tokenHash, address, data }: Link,
      ) {
        const now = app.now()
        const known = { email: address ?? ownEmail, emailVerified: address !== undefined, profile: {} }
        const user: User = {
          id: passkey?.userId ?? newId(),
          username,
          passwordHash,
          origin: 'operator',
          ...known,
          createdAt: now,
          updatedAt: now,
        }
        const about = { actor: `user ${username}`, userId: user.id }
        const event = audit.event(request, { ...about, name: 'user.added', details: { user: username, invited: true } })
        const joined = audit.event(request, {
          ...about,
          name: 'group.joined',
          details: { user: username, group: data.group, invited: true },
        })
        const outcome = await links.redeemInvitation(tokenHash, user, now, { event, joined, passkey })
        if (outcome !== 'done') return outcome
        request.log.info({ user: user.id, username }, 'user added by an invitation')
        if (ownEmail !== undefined) mailedLinks!.mailConfirmation(reply, user, ownEmail)
        return outcome
      }

      function done(username: string) {
        pages.close(reply)
        return reply.page('link-done', { done: way === 'passkey' ? 'passkey' : 'joined', username, home: `${base}/` })
      }
    },
  )

  /** A second click on the button is answered like the first one: it names the account that this link has just made. */
  async function madeThis({ body }: FastifyRequest<{ Body: InvitationForm }>, link: Link): Promise<boolean> {
    const { username, password = '', credential } = body
    if (credential !== undefined) return wasJustMade(app, credential, link)
    if (!wasJustUsed(link, app.now())) return false
    const user = await users.findByUsername(canonicalUsername(username))
    return (await verifyPassword(password, user?.passwordHash)) && user?.id === link.userId
  }

  /** The passkey that the page asked for, of an account that is yet to be made. */
  async function newPasskey({ body }: FastifyRequest<{ Body: InvitationForm }>, { tokenHash }: Link): Promise<Passkey | undefined> {
    const setUp = openSetUp(body.set_up ?? '', app.macKeys, tokenHash, app.now())
    return setUp && receivePasskey(app, body, setUp)
  }

  /** What was typed before comes along; a password isn't asked for any more. */
  function showPasskey(request: FastifyRequest<{ Body: InvitationForm }>, reply: FastifyReply, { tokenHash }: Link, problem?: 'passkey') {
    const { token, username: typed, email = '' } = request.body
    const username = canonicalUsername(typed)
    const action = inLanguage(base + PATHS.invitation, request)
    const fields = Object.entries({ way: 'passkey', username, email }).map(([name, value]) => ({ name, value }))
    const model = { ...describePasskeySetUp(app, { id: newId(), username }, tokenHash, action), token, username, fields }
    return reply.page(
      'link-passkey',
      { ...model, ...(offersPassword && { back: action }), ...(problem !== undefined && { problem }) },
      { status: problem === undefined ? 200 : 403 },
    )
  }
}
export default fp(invitation, {
  name: 'invitation',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'pages', 'browser-binding'],
})
