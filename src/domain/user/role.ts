/** Who may manage the installation, and whom they may change. Instants are milliseconds since the epoch. */

/** Each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'owner'] as const
export type Role = (typeof ROLES)[number]

/** Who does something to this installation. */
export interface Actor {
  /** As audit events name it: `operator` at the command line, else `user` or `client` and a name. */
  readonly name: string
  readonly role: Role
  /** Whether they sit at the machine itself: some things are never done over a network. */
  readonly atMachine: boolean
  /** From where, unless it is the command line. */
  readonly address?: string | undefined
}

/** Somebody who can run a command on the machine has the database and its secret anyway. */
export const MACHINE_OWNER: Actor = { name: 'operator', role: 'owner', atMachine: true }

interface Ranked {
  readonly origin: string
  readonly role?: Role | undefined
}

interface Account {
  readonly id: string
  readonly disabledAt?: number | undefined
}

export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

/** The role that counts: the person whom the configuration names is an owner, and nobody changes that. */
export const roleOf = ({ origin, role }: Ranked): Role | undefined => (origin === 'environment' ? 'owner' : role)

/** Whether a role is enough where another one is needed. */
export const suffices = (held: Role | undefined, needed: Role): boolean => rank(held) >= rank(needed)

/** Nobody changes what somebody with a higher role logs in with, is known by, or may do. */
export const mayChange = ({ role }: Pick<Actor, 'role'>, target: Ranked): boolean => rank(role) >= rank(roleOf(target))

/** Only owners say who has which role. */
export const mayGiveRoles = ({ role }: Pick<Actor, 'role'>): boolean => role === 'owner'

/** Whether somebody's role is what keeps the installation from having no owner who can log in. */
export const isLastOwner = (user: Ranked & Account, owners: readonly Account[]): boolean =>
  roleOf(user) === 'owner' &&
  user.disabledAt === undefined &&
  !owners.some(({ id, disabledAt }) => id !== user.id && disabledAt === undefined)

const rank = (role: Role | undefined): number => (role === undefined ? 0 : ROLES.indexOf(role) + 1)
