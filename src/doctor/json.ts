/** What `--json` prints. The shape is stable: members are added, never changed; `version` counts the rest. */
import { FINDINGS } from '../verify/findings.ts'
import { CLIENTS } from './clients.ts'
import { stops } from './diagnosis.ts'
import type { Diagnosis } from './doctor.ts'

export function toJson(diagnosis: Diagnosis): object {
  const { url, kind, issuer, checked, findings, clients, left } = diagnosis
  return {
    version: 1,
    url,
    kind,
    ...(issuer !== undefined && { issuer }),
    checked,
    clients,
    findings: findings.map((found) => {
      const { body: _, client: imitated, ...rest } = found
      return {
        ...rest,
        says: FINDINGS[found.finding].says,
        stops: CLIENTS.filter((client) => stops(found, client)).map(({ id }) => id),
        ...(imitated !== undefined && { imitated }),
        more: `docs/troubleshooting.md#${found.finding}`,
      }
    }),
    left,
  }
}
