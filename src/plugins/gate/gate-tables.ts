/** The resources behind the gate, as they are now. Owns that the table is made once for each state of the resources. */
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { createGateTable } from '../../domain/gate/gate-table.ts'
import type { GateTable, GatedResource } from '../../domain/gate/gate-table.ts'
import { protectionsOf } from '../../domain/gate/upstream-address.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'

export type FindGateTable = () => Promise<GateTable>

export function createGateTables(app: FastifyInstance): FindGateTable {
  const { issuer } = app.settings
  let known: { readonly registry: ResourceRegistry; readonly table: GateTable } | undefined
  return async () => {
    const registry = await app.resourceRegistry()
    if (known?.registry !== registry)
      known = {
        registry,
        table: createGateTable(registry.resources, protectionsOf(app.settings), issuer, app.settings.forwardAuth === 'on'),
      }
    return known.table
  }
}

/** Whether a resource is still as it was, as far as its command is concerned. */
export const createCurrentCheck =
  (findGateTable: FindGateTable) =>
  async ({ resource, upstream, gate }: GatedResource): Promise<boolean> =>
    (await findGateTable()).gated.some(
      (each) => each.resource.id === resource.id && isDeepStrictEqual([each.upstream, each.gate.process], [upstream, gate.process]),
    )
