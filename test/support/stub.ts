/** Replaces methods of a storage or a store, for tests that need one that fails, waits or counts. */

/** @returns a function that puts the original methods back */
export function stub<Stubbed extends object>(target: Stubbed, methods: Partial<Stubbed>): () => void {
  const before: Partial<Stubbed> = {}
  for (const name of Object.keys(methods) as (keyof Stubbed)[]) before[name] = target[name]
  Object.assign(target, methods)
  return () => void Object.assign(target, before)
}
