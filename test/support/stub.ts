/** Another behaviour for methods of a storage or a store, such as one that fails, waits or counts. */

/** @returns puts the methods back that were there before */
export function stub<Stubbed extends object>(target: Stubbed, methods: Partial<Stubbed>): () => void {
  const before: Partial<Stubbed> = {}
  for (const name of Object.keys(methods) as (keyof Stubbed)[]) before[name] = target[name]
  Object.assign(target, methods)
  return () => void Object.assign(target, before)
}
