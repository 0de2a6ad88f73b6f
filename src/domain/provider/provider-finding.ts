/** What a check of a provider found, a line for each thing that it looked at. */

export const CHECKED = ['provider', 'issuer', 'keys', 'clock', 'redirect URI', 'client', 'scopes', 'logout', 'rules', 'login'] as const

export interface ProviderFinding {
  readonly about: (typeof CHECKED)[number]
  /** `open`: it can't be seen from here, or is worth knowing. */
  readonly verdict: 'right' | 'wrong' | 'open'
  /** A sentence without its full stop. */
  readonly text: string
  /** What to do, in whole sentences. */
  readonly cure?: string | undefined
}

export type Found = Omit<ProviderFinding, 'about'>

export const right = (text: string): Found => ({ verdict: 'right', text })
export const wrong = (text: string, cure?: string): Found => ({ verdict: 'wrong', text, cure })
export const open = (text: string, cure?: string): Found => ({ verdict: 'open', text, cure })

export const about = (subject: ProviderFinding['about'], found: Found): ProviderFinding => ({ about: subject, ...found })
