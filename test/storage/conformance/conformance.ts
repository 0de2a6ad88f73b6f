/** The contract of the storage, as tests that every engine must pass. The test of an engine only says how to open an empty database. */
import type { Test } from 'tap'
import { accessTokens } from './access-tokens.ts'
import { admissionRules } from './admission.ts'
import { auditEvents } from './audit-events.ts'
import type { Check, Open } from './check.ts'
import { runCheck } from './check.ts'
import { clientApproval } from './client-approval.ts'
import { clientLists } from './client-lists.ts'
import { clientDocuments } from './client-documents.ts'
import { clientLifecycle } from './client-lifecycle.ts'
import { clientManagement } from './client-management.ts'
import { clientTokens } from './client-tokens.ts'
import { codes } from './codes.ts'
import { consoleSessions } from './console.ts'
import { deleting } from './deleting.ts'
import { deviceAuthorizations } from './device-authorizations.ts'
import { accessRules } from './access-rules.ts'
import { groups } from './groups.ts'
import { identityChecks } from './identity-checks.ts'
import { factors } from './factors.ts'
import { initialAccessTokens } from './initial-access-tokens.ts'
import { leases } from './leases.ts'
import { links } from './links.ts'
import { listing } from './listing.ts'
import { loginAttempts } from './login-attempts.ts'
import { logout } from './logout.ts'
import { ownAccount } from './own-account.ts'
import { personalTokens } from './personal-tokens.ts'
import { parameters } from './parameters.ts'
import { identities, providerAttempts, providers } from './providers.ts'
import { pushedRequests } from './pushed-requests.ts'
import { clients, consents, keys, sessions, users } from './records-kept.ts'
import { renewal } from './renewal.ts'
import { replays } from './replays.ts'
import { resources } from './resources.ts'
import { revocation } from './revocation.ts'
import { rotation } from './rotation.ts'
import { sweeping } from './sweep.ts'
import { unchangedRecords } from './unchanged-records.ts'

export const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  clients,
  clientApproval,
  clientLists,
  users,
  sessions,
  consoleSessions,
  factors,
  consents,
  keys,
  codes,
  rotation,
  renewal,
  revocation,
  resources,
  groups,
  accessRules,
  accessTokens,
  clientTokens,
  deleting,
  deviceAuthorizations,
  pushedRequests,
  providers,
  identities,
  providerAttempts,
  identityChecks,
  admissionRules,
  loginAttempts,
  leases,
  links,
  listing,
  logout,
  ownAccount,
  personalTokens,
  clientDocuments,
  clientLifecycle,
  clientManagement,
  initialAccessTokens,
  auditEvents,
  replays,
  sweeping,
  unchangedRecords,
  parameters,
}

/** Runs every check on the engine that `open` opens. */
export async function conformance(t: Test, open: (t: Test) => ReturnType<Open>): Promise<void> {
  for (const [concern, checks] of Object.entries(CHECKS)) {
    await t.test(concern, async (t) => {
      for (const each of checks) await t.test(each.title, (t) => runCheck(each, () => open(t)))
    })
  }
}
