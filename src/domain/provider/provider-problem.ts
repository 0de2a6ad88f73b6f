/** What can go wrong when somebody comes by a provider; each has a sentence in every language. */
export const PROVIDER_PROBLEMS = ['denied', 'unreachable', 'broken', 'stale', 'admission', 'taken', 'unchecked'] as const
export type ProviderProblem = (typeof PROVIDER_PROBLEMS)[number]
