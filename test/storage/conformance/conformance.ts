/** The contract of the storage, as tests that every engine must pass. The test of an engine only says how to open an empty database. */
import type { Test } from 'tap'
import { accessTokens } from './grants/access-tokens.ts'
import { admissionRules } from './people/admission.ts'
import { askers } from './grants/askers.ts'
import { auditEvents } from './audit-events.ts'
import type { Check, Open } from './check.ts'
import { runCheck } from './check.ts'
import { clientApproval } from './clients/client-approval.ts'
import { clientLists } from './clients/client-lists.ts'
import { clientDocuments } from './clients/client-documents.ts'
import { clientLifecycle } from './clients/client-lifecycle.ts'
import { clientManagement } from './clients/client-management.ts'
import { clientTokens } from './clients/client-tokens.ts'
import { codes } from './grants/codes.ts'
import { consoleSessions } from './people/console.ts'
import { deleting } from './deleting.ts'
import { deviceAuthorizations } from './grants/device-authorizations.ts'
import { accessRules } from './access-rules.ts'
import { groups } from './people/groups.ts'
import { identityChecks } from './people/identity-checks.ts'
import { factors } from './people/factors.ts'
import { initialAccessTokens } from './clients/initial-access-tokens.ts'
import { leases } from './leases.ts'
import { links } from './people/links.ts'
import { listing } from './listing.ts'
import { loginAttempts } from './people/login-attempts.ts'
import { logout } from './people/logout.ts'
import { ownAccount } from './people/own-account.ts'
import { personalTokens } from './people/personal-tokens.ts'
import { parameters } from './parameters.ts'
import { identities, providerAttempts, providers } from './people/providers.ts'
import { pushedRequests } from './grants/pushed-requests.ts'
import { clients, consents, keys, sessions, users } from './records-kept.ts'
import { renewal } from './grants/renewal.ts'
import { replays } from './grants/replays.ts'
import { resources } from './resources.ts'
import { revocation } from './grants/revocation.ts'
import { rotation } from './grants/rotation.ts'
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
  askers,
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

/** Runs every check on the engine that `open` opens; or those that `isTaken` takes, by their number among all. */
export async function conformance(t: Test, open: (t: Test) => ReturnType<Open>, isTaken = (_index: number) => true): Promise<void> {
  let index = 0
  for (const [concern, checks] of Object.entries(CHECKS)) {
    const taken = checks.filter(() => isTaken(index++))
    if (taken.length === 0) continue
    await t.test(concern, async (t) => {
      for (const each of taken) await t.test(each.title, (t) => runCheck(each, () => open(t)))
    })
  }
}
