/** When providers are asked again about people who are in use here, and how long what was last said counts. */
import type { Identity } from './identity.ts'

/** How often, in ms: with the pace of the job and the time that a provider takes, within ten minutes. */
export const CHECK_AFTER_MS = 9 * 60_000

/** How long a check counts where something rests on it alone, in ms: a passkey of somebody who comes by a provider, as the only factor. */
const FRESH_MS = 10 * 60_000

/** How long a JWT of somebody who came by a provider lives at most, in seconds, unless the operator set a lifetime. */
export const PROVIDED_JWT_TTL = 600

/** Whether the provider has said in the last ten minutes that this is who it was, and a rule let them in. */
export const isFreshlyChecked = ({ lastCheckedAt, failedAt }: Pick<Identity, 'lastCheckedAt' | 'failedAt'>, now: number): boolean =>
  failedAt === undefined && now - lastCheckedAt < FRESH_MS
