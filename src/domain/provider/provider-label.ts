/** What people call a provider. */
import type { Provider } from './provider.ts'

const LABELS = { google: 'Google', github: 'GitHub', microsoft: 'Microsoft' } as const

export const labelOf = ({ kind, name, settings }: Pick<Provider, 'kind' | 'name' | 'settings'>): string =>
  settings.label ?? (kind === 'oidc' ? name : LABELS[kind])
