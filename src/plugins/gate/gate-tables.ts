/** The resources behind the gate, as they are now. Owns that the table is made once for each state of the resources. */
import type { FastifyInstance } from 'fastify'
import { createGateTable } from '../../domain/gate/gate-table.ts'
import type { GateTable } from '../../domain/gate/gate-table.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'

export type FindGateTable = () => Promise<GateTable>

export function createGateTables(app: FastifyInstance): FindGateTable {
  const { issuer, protect = [] } = app.settings
  let known: { readonly registry: ResourceRegistry; readonly table: GateTable } | undefined
  return async () => {
    const registry = await app.resourceRegistry()
    if (known?.registry !== registry) known = { registry, table: createGateTable(registry.resources, protect, issuer) }
    return known.table
  }
}
