/**
 * Every operation, by the name under which commands (src/cli/commands) and other surfaces refer to it: what it does is one function,
 * and tests check the surfaces against this table.
 */
import { addAdmissionRule, deleteAdmissionRule, listAdmissionRules } from './admission/admission.ts'
import { explainAdmission } from './admission/explain.ts'
import { exportEvents, followEvents, listEvents } from './audit.ts'
import { approveClient, refuseClient } from './clients/client-approval.ts'
import { holdClientToProfile } from './clients/client-profile.ts'
import {
  addClient,
  deleteClient,
  disableClient,
  enableClient,
  findClient,
  listClients,
  rotateClientSecret,
  showClient,
} from './clients/clients.ts'
import { explainAccess } from './access/explain.ts'
import { addGroup, deleteGroup, joinGroup, leaveGroup, listGroups, showGroup } from './access/groups.ts'
import { addRule, deleteRule, listRules } from './access/rules.ts'
import { backUpDatabase, migrateDatabase, restoreDatabase } from './database.ts'
import { exportToFile, exportToStream } from './export.ts'
import { importFromFile, importFromStream } from './import.ts'
import { listGrants, revokeGrant } from './grants.ts'
import { createInitialAccessToken, deleteInitialAccessToken, listInitialAccessTokens } from './clients/initial-access-tokens.ts'
import { checkKeysLost, findRevocableKey, listKeys, resetKeys, revokeKey, rotateKeys } from './keys.ts'
import {
  addResource,
  changeGate,
  deleteResource,
  findResource,
  keepTools,
  listResources,
  rotateResourceSecret,
  updateResource,
} from './resources/resources.ts'
import { checkMail } from './mail.ts'
import {
  addProvider,
  deleteProvider,
  disableProvider,
  enableProvider,
  findProvider,
  listProviders,
  updateProvider,
} from './providers/providers.ts'
import { checkProvider } from './providers/check.ts'
import { beginTrial, finishTrial } from './providers/trial.ts'
import { unlinkUser } from './users/identities.ts'
import { endSession, endUserSessions, listSessions } from './sessions.ts'
import { listSettings } from './settings.ts'
import { readStatus } from './status.ts'
import { createPersonalToken, listPersonalTokens, revokePersonalToken } from './users/personal-tokens.ts'
import { changeRole } from './users/roles.ts'
import { resetFactors } from './users/factors.ts'
import type { Role } from '../domain/user/role.ts'
import { addUser, changePassword, checkNewUser } from './users/user-credentials.ts'
import { inviteUser, listLinks, makeFactorLink, makeResetLink, revokeLink } from './users/links.ts'
import { deleteUser, disableUser, enableUser, findSharers, findUser, listUsers, showUser, unlockUser, updateUser } from './users/users.ts'

/** What an operation is about: the scopes of the management API are named for it. */
export type OperationObject =
  | 'user'
  | 'group'
  | 'access-rule'
  | 'client'
  | 'resource'
  | 'initial-access-token'
  | 'personal-token'
  | 'key'
  | 'event'
  | 'database'
  | 'grant'
  | 'session'
  | 'link'
  | 'mail'
  | 'server'
  | 'settings'
  | 'admission'
  | 'provider'

export interface Operation {
  readonly object: OperationObject
  readonly effect: 'read' | 'write'
  /** The role that it takes; else a viewer may read, and an operator write. */
  readonly role?: Role
  /** Never over a network, whatever the caller's role: it reads or writes files of this machine, says where requests go, or ends what everybody holds. */
  readonly commandLineOnly?: true
  // Arguments and results differ: callers import the function itself.
  readonly run: (...input: never[]) => unknown
}

export const OPERATIONS = {
  'user.list': { object: 'user', effect: 'read', run: listUsers },
  'user.find': { object: 'user', effect: 'read', run: findUser },
  'user.show': { object: 'user', effect: 'read', run: showUser },
  'user.find-sharers': { object: 'user', effect: 'read', run: findSharers },
  'user.check-new': { object: 'user', effect: 'read', run: checkNewUser },
  'user.add': { object: 'user', effect: 'write', run: addUser },
  'user.update': { object: 'user', effect: 'write', run: updateUser },
  'user.change-role': { object: 'user', effect: 'write', role: 'owner', run: changeRole },
  'user.reset-factors': { object: 'user', effect: 'write', run: resetFactors },
  'user.change-password': { object: 'user', effect: 'write', run: changePassword },
  'user.disable': { object: 'user', effect: 'write', run: disableUser },
  'user.enable': { object: 'user', effect: 'write', run: enableUser },
  'user.unlock': { object: 'user', effect: 'write', run: unlockUser },
  'user.unlink': { object: 'user', effect: 'write', run: unlinkUser },
  'user.delete': { object: 'user', effect: 'write', run: deleteUser },
  'group.list': { object: 'group', effect: 'read', run: listGroups },
  'group.show': { object: 'group', effect: 'read', run: showGroup },
  'group.add': { object: 'group', effect: 'write', run: addGroup },
  'group.delete': { object: 'group', effect: 'write', run: deleteGroup },
  'group.join': { object: 'group', effect: 'write', run: joinGroup },
  'group.leave': { object: 'group', effect: 'write', run: leaveGroup },
  'access-rule.list': { object: 'access-rule', effect: 'read', run: listRules },
  'access-rule.explain': { object: 'access-rule', effect: 'read', run: explainAccess },
  'access-rule.add': { object: 'access-rule', effect: 'write', run: addRule },
  'access-rule.delete': { object: 'access-rule', effect: 'write', run: deleteRule },
  'client.list': { object: 'client', effect: 'read', run: listClients },
  'client.find': { object: 'client', effect: 'read', run: findClient },
  'client.show': { object: 'client', effect: 'read', run: showClient },
  'client.add': { object: 'client', effect: 'write', run: addClient },
  'client.hold-to-profile': { object: 'client', effect: 'write', run: holdClientToProfile },
  'client.approve': { object: 'client', effect: 'write', run: approveClient },
  'client.refuse': { object: 'client', effect: 'write', run: refuseClient },
  'client.disable': { object: 'client', effect: 'write', run: disableClient },
  'client.enable': { object: 'client', effect: 'write', run: enableClient },
  'client.delete': { object: 'client', effect: 'write', run: deleteClient },
  'client.rotate-secret': { object: 'client', effect: 'write', run: rotateClientSecret },
  'grant.list': { object: 'grant', effect: 'read', run: listGrants },
  'grant.revoke': { object: 'grant', effect: 'write', run: revokeGrant },
  'session.list': { object: 'session', effect: 'read', run: listSessions },
  'session.end': { object: 'session', effect: 'write', run: endSession },
  'session.end-all': { object: 'session', effect: 'write', run: endUserSessions },
  'link.invite': { object: 'link', effect: 'write', run: inviteUser },
  'link.reset-password': { object: 'link', effect: 'write', run: makeResetLink },
  'link.factor': { object: 'link', effect: 'write', run: makeFactorLink },
  'link.list': { object: 'link', effect: 'read', run: listLinks },
  'link.revoke': { object: 'link', effect: 'write', run: revokeLink },
  'resource.list': { object: 'resource', effect: 'read', run: listResources },
  'resource.find': { object: 'resource', effect: 'read', run: findResource },
  'resource.add': { object: 'resource', effect: 'write', run: addResource },
  'resource.update': { object: 'resource', effect: 'write', run: updateResource },
  'resource.keep-tools': { object: 'resource', effect: 'write', run: keepTools },
  // Where requests go, and which secrets go along, is never decided over a network.
  'resource.change-gate': { object: 'resource', effect: 'write', commandLineOnly: true, run: changeGate },
  'resource.rotate-secret': { object: 'resource', effect: 'write', run: rotateResourceSecret },
  'resource.delete': { object: 'resource', effect: 'write', run: deleteResource },
  'personal-token.list': { object: 'personal-token', effect: 'read', run: listPersonalTokens },
  // Never by a token: who has one must not make others of it.
  'personal-token.create': { object: 'personal-token', effect: 'write', commandLineOnly: true, run: createPersonalToken },
  'personal-token.revoke': { object: 'personal-token', effect: 'write', run: revokePersonalToken },
  'initial-access-token.list': { object: 'initial-access-token', effect: 'read', run: listInitialAccessTokens },
  'initial-access-token.create': { object: 'initial-access-token', effect: 'write', run: createInitialAccessToken },
  'initial-access-token.delete': { object: 'initial-access-token', effect: 'write', run: deleteInitialAccessToken },
  'provider.list': { object: 'provider', effect: 'read', run: listProviders },
  'provider.find': { object: 'provider', effect: 'read', run: findProvider },
  // Trying one sends requests wherever its settings say.
  'provider.check': { object: 'provider', effect: 'read', commandLineOnly: true, run: checkProvider },
  'provider.begin-trial': { object: 'provider', effect: 'write', commandLineOnly: true, run: beginTrial },
  'provider.finish-trial': { object: 'provider', effect: 'read', commandLineOnly: true, run: finishTrial },
  // By whom people log in, and whose word counts, owners decide. Issuers in private networks are for the command line only.
  'provider.add': { object: 'provider', effect: 'write', role: 'owner', run: addProvider },
  'provider.update': { object: 'provider', effect: 'write', role: 'owner', run: updateProvider },
  'provider.enable': { object: 'provider', effect: 'write', run: enableProvider },
  'provider.disable': { object: 'provider', effect: 'write', run: disableProvider },
  'provider.delete': { object: 'provider', effect: 'write', role: 'owner', run: deleteProvider },
  'admission.list': { object: 'admission', effect: 'read', run: listAdmissionRules },
  'admission.explain': { object: 'admission', effect: 'read', run: explainAdmission },
  'admission.add': { object: 'admission', effect: 'write', run: addAdmissionRule },
  'admission.delete': { object: 'admission', effect: 'write', run: deleteAdmissionRule },
  'key.list': { object: 'key', effect: 'read', run: listKeys },
  'key.find-revocable': { object: 'key', effect: 'read', run: findRevocableKey },
  'key.rotate': { object: 'key', effect: 'write', role: 'owner', run: rotateKeys },
  'key.revoke': { object: 'key', effect: 'write', role: 'owner', run: revokeKey },
  'key.check-lost': { object: 'key', effect: 'read', commandLineOnly: true, run: checkKeysLost },
  'key.reset': { object: 'key', effect: 'write', commandLineOnly: true, run: resetKeys },
  'mail.check': { object: 'mail', effect: 'read', commandLineOnly: true, run: checkMail },
  'server.read-status': { object: 'server', effect: 'read', run: readStatus },
  'settings.list': { object: 'settings', effect: 'read', commandLineOnly: true, run: listSettings },
  'event.list': { object: 'event', effect: 'read', run: listEvents },
  'event.export': { object: 'event', effect: 'read', run: exportEvents },
  'event.follow': { object: 'event', effect: 'read', run: followEvents },
  'database.migrate': { object: 'database', effect: 'write', commandLineOnly: true, run: migrateDatabase },
  'database.back-up': { object: 'database', effect: 'read', commandLineOnly: true, run: backUpDatabase },
  'database.restore': { object: 'database', effect: 'write', commandLineOnly: true, run: restoreDatabase },
  'database.export-to-file': { object: 'database', effect: 'read', commandLineOnly: true, run: exportToFile },
  'database.export-to-stream': { object: 'database', effect: 'read', commandLineOnly: true, run: exportToStream },
  'database.import-from-file': { object: 'database', effect: 'write', commandLineOnly: true, run: importFromFile },
  'database.import-from-stream': { object: 'database', effect: 'write', commandLineOnly: true, run: importFromStream },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof OPERATIONS

/** The role that an operation takes. */
export function roleNeeded(name: OperationName): Role {
  const { role, effect }: Operation = OPERATIONS[name]
  return role ?? (effect === 'read' ? 'viewer' : 'operator')
}

/** How scopes call what they are for. */
const SCOPE_WORDS: Readonly<Record<OperationObject, string>> = {
  user: 'users',
  group: 'groups',
  'access-rule': 'access-rules',
  client: 'clients',
  resource: 'resources',
  'initial-access-token': 'initial-access-tokens',
  'personal-token': 'personal-tokens',
  key: 'keys',
  event: 'audit',
  database: 'database',
  grant: 'grants',
  session: 'sessions',
  link: 'links',
  mail: 'mail',
  server: 'status',
  settings: 'settings',
  admission: 'admission-rules',
  provider: 'providers',
}

/** The scope that an operation takes over the network; none for one of the command line only. */
export function scopeNeeded(name: OperationName): string | undefined {
  const { object, effect, commandLineOnly }: Operation = OPERATIONS[name]
  return commandLineOnly === true ? undefined : `${SCOPE_WORDS[object]}:${effect}`
}
