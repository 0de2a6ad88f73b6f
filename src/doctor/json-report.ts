/** What `--json` prints. The shape is stable: members are added, never changed; `version` counts the rest. */
import { FINDINGS } from './findings.ts'
import { printable } from './outcome-report.ts'
import { CLIENTS } from './clients.ts'
import { stops } from './diagnosis.ts'
import type { Diagnosis } from './doctor.ts'

/** The text of it. What a server sent must not steer the terminal: JSON lets some control characters through. */
export function renderJson(diagnosis: Diagnosis): string {
  return JSON.stringify(toJson(diagnosis), (_, value: unknown) => (typeof value === 'string' ? printable(value) : value), 2)
}

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
