/**
 * GET and POST /account/profile: what clients learn about somebody, changed by themselves. What they say isn't verified, as what an operator
 * says is. Owns the form; not the rules for its values (domain/user/user-members.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { isMailAddress } from '../../domain/user/mail-address.ts'
import type { User } from '../../domain/user/user.ts'
import { USER_MEMBERS, applyUserMembers, changedMembers, userMembers } from '../../domain/user/user-members.ts'
import type { UserMembers } from '../../domain/user/user-members.ts'
import { AccountQuery, ProfileForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { BrowserSession } from '../login/session.ts'
import type { MyProfilePage, ProfileField } from '../pages/account-models.ts'
import type { Entrance } from './entrance.ts'

interface Needs {
  readonly audit: Audit
  readonly entrance: Entrance
  /** Asks the owner of an address to confirm it, by mail (links/mailed-links.ts). */
  readonly mailConfirmation: ((reply: FastifyReply, user: Pick<User, 'id' | 'username'>, address: string) => void) | undefined
}

type Group = MyProfilePage['groups'][number]['scope']

/** How each field looks, and what browsers fill it in with (HTML section 4.10.18.7.1). `hint`: it says what it accepts. */
const FIELDS: Readonly<
  Record<keyof UserMembers, { readonly scope: Group; readonly autocomplete: string; readonly type?: string; readonly hint?: true }>
> = {
  name: { scope: 'profile', autocomplete: 'name' },
  givenName: { scope: 'profile', autocomplete: 'given-name' },
  middleName: { scope: 'profile', autocomplete: 'additional-name' },
  familyName: { scope: 'profile', autocomplete: 'family-name' },
  nickname: { scope: 'profile', autocomplete: 'nickname' },
  locale: { scope: 'profile', autocomplete: 'language', hint: true },
  zoneinfo: { scope: 'profile', autocomplete: 'off', hint: true },
  birthdate: { scope: 'profile', autocomplete: 'bday', hint: true },
  gender: { scope: 'profile', autocomplete: 'sex' },
  website: { scope: 'profile', autocomplete: 'url', type: 'url' },
  profile: { scope: 'profile', autocomplete: 'off', type: 'url' },
  picture: { scope: 'profile', autocomplete: 'photo', type: 'url' },
  email: { scope: 'email', autocomplete: 'email', type: 'email' },
  phone: { scope: 'phone', autocomplete: 'tel', type: 'tel', hint: true },
  address: { scope: 'address', autocomplete: 'off' },
  street: { scope: 'address', autocomplete: 'street-address' },
  postalCode: { scope: 'address', autocomplete: 'postal-code' },
  locality: { scope: 'address', autocomplete: 'address-level2' },
  region: { scope: 'address', autocomplete: 'address-level1' },
  country: { scope: 'address', autocomplete: 'country' },
}
const NAMES = Object.keys(FIELDS) as (keyof UserMembers)[]
const SCOPES: readonly Group[] = ['profile', 'email', 'phone', 'address']

const profile: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, entrance, mailConfirmation }) => {
  const { base } = app.settings
  const { users } = app.storage

  app.get(
    PATHS.accountProfile,
    { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.open(request, reply, PATHS.accountProfile, 'matters')
      const user = found && (await users.find(found.user.id))
      return found === undefined || user === undefined ? reply : show(reply, found, user, userMembers(user))
    },
  )

  app.post(
    PATHS.accountProfile,
    { attachValidation: true, schema: { body: ProfileForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.accountProfile, 'matters')
      const user = found && (await users.find(found.user.id))
      if (found === undefined || user === undefined) return reply
      const body: Readonly<Record<string, string>> = request.body
      const given = Object.fromEntries(
        USER_MEMBERS.filter((name) => name in body && !isFixed(name, user)).map((name) => [name, body[name]]),
      )
      const members: UserMembers = changedMembers(given, user)
      const changed = Object.keys(members)
      if (changed.length === 0) return entrance.leadTo(reply, PATHS.account)
      const known = applyUserMembers(members, user, 'user')
      if (!known.ok) return show(reply, found, user, { ...userMembers(user), ...given }, known.error.name)
      const { id, username } = user
      const event = audit.event(request, {
        name: 'user.updated',
        actor: `user ${username}`,
        userId: id,
        details: { user: username, changed },
      })
      await users.updateOwn({ id, ...known.value }, app.now(), event)
      request.log.info({ user: id, username, changed }, 'user updated')
      const { email, emailVerified } = known.value
      if (email !== undefined && email !== user.email && !emailVerified && isMailAddress(email)) mailConfirmation?.(reply, user, email)
      return entrance.leadTo(reply, PATHS.account, 'profile')
    },
  )

  function show(
    reply: FastifyReply,
    found: BrowserSession,
    user: User,
    values: Readonly<Record<string, string>>,
    problem?: string,
  ): Promise<void> {
    const fieldOf = (name: keyof UserMembers): ProfileField => {
      const { autocomplete, type = 'text', hint = false } = FIELDS[name]
      return { name, value: values[name]!, autocomplete, type, hint, fixed: isFixed(name, user), wrong: name === problem }
    }
    const groups = SCOPES.map((scope) => ({ scope, fields: NAMES.filter((name) => FIELDS[name].scope === scope).map(fieldOf) }))
    return reply.page(
      'my-profile',
      { action: base + PATHS.accountProfile, token: entrance.formToken(found), groups, ...(problem !== undefined && { problem }) },
      { status: problem === undefined ? 200 : 400 },
    )
  }
}

/** The address of the administrator is a setting (ADMIN_EMAIL). */
const isFixed = (name: keyof UserMembers, { origin }: User): boolean => name === 'email' && origin === 'environment'

export default fp(profile, {
  name: 'account-profile',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
