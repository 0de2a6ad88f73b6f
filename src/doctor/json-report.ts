/** What `--json` prints. The shape is stable: members are added, never changed; `version` would count a change. */
import { printableJson } from '../domain/protocol/printable.ts'
import { CLIENTS } from './clients.ts'
import { stops } from './diagnosis.ts'
import type { Diagnosis } from './doctor.ts'
import { FINDINGS } from './findings.ts'
import { CURES } from './outcome-report.ts'

export const renderJson = (diagnosis: Diagnosis): string => printableJson(toJson(diagnosis), 2)

export function toJson(diagnosis: Diagnosis): object {
  const { url, kind, issuer, checked, findings, clients, remainingClients } = diagnosis
  return {
    version: 1,
    url,
    kind,
    ...(issuer !== undefined && { issuer }),
    checked,
    clients,
    findings: findings.map((finding) => {
      const { body: _, client: imitated, ...rest } = finding
      return {
        ...rest,
        says: FINDINGS[finding.finding].says,
        stops: CLIENTS.filter((client) => stops(finding, client)).map(({ id }) => id),
        ...(imitated !== undefined && { imitated }),
        more: `${CURES}#${finding.finding}`,
      }
    }),
    left: remainingClients,
  }
}
