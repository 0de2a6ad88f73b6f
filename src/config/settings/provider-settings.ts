/** Identity providers by which people log in, one of each kind, and whether passwords still count. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { parseIssuer } from '../../domain/provider/provider-address.ts'
import type { ProviderKind } from '../../domain/provider/provider.ts'
import { ok } from '../../domain/protocol/result.ts'
import { choice, setting, text } from '../kinds.ts'

const id = (name: string, where: string) =>
  Type.Optional(
    text(
      name,
      'at most 512 characters',
      { minLength: 1, maxLength: 512 },
      { about: `The id of this server at ${where}.`, example: 'solar' },
    ),
  )
const secret = (name: string, of: string) =>
  Type.Optional(
    text(
      name,
      'at most 2048 characters',
      { minLength: 1, maxLength: 2048 },
      { about: `The secret that goes with \`${of}\`.`, example: 'what-the-console-shows', secret: true },
    ),
  )

export const PROVIDER_SETTINGS = {
  googleClientId: id('GOOGLE_CLIENT_ID', 'Google, by which people then log in ([providers](login.md))'),
  googleClientSecret: secret('GOOGLE_CLIENT_SECRET', 'GOOGLE_CLIENT_ID'),
  githubClientId: id('GITHUB_CLIENT_ID', 'GitHub, by which people then log in ([providers](login.md))'),
  githubClientSecret: secret('GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID'),
  microsoftClientId: id('MICROSOFT_CLIENT_ID', 'Microsoft Entra, by which people then log in ([providers](login.md))'),
  microsoftClientSecret: secret('MICROSOFT_CLIENT_SECRET', 'MICROSOFT_CLIENT_ID'),
  microsoftTenant: Type.Optional(
    text(
      'MICROSOFT_TENANT',
      'the id of a tenant, or `organizations`, `consumers` or `common`',
      { pattern: '^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|organizations|consumers|common)$' },
      {
        about: 'Whose accounts log in by Microsoft: those of one tenant, or of all of a kind, which rules then have to narrow down.',
        example: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      },
    ),
  ),
  oidcIssuer: Type.Optional(
    setting(Type.String({ maxLength: 1024 }), {
      name: 'OIDC_ISSUER',
      about:
        'Another identity provider that speaks OpenID Connect, by which people then log in ([providers](login.md)): its issuer, exactly.',
      accepts: 'an https URL without query or fragment; http for localhost only',
      example: 'https://id.example.com',
      read: (raw) => ok(parseIssuer(raw)),
    }),
  ),
  oidcClientId: id('OIDC_CLIENT_ID', 'the provider of `OIDC_ISSUER`'),
  oidcClientSecret: secret('OIDC_CLIENT_SECRET', 'OIDC_CLIENT_ID'),
  oidcName: text(
    'OIDC_NAME',
    '1 to 32 letters, digits, spaces and hyphens',
    { pattern: '^[A-Za-z0-9](?:[A-Za-z0-9 -]{0,30}[A-Za-z0-9])?$' },
    {
      about: 'What the button of that provider says. In small letters it is part of the redirect URI: `ISSUER/login/NAME/callback`.',
      fallback: 'oidc',
      example: 'Acme',
    },
  ),
  oidcScopes: Type.Optional(
    text(
      'OIDC_SCOPES',
      'scopes separated by spaces, with `openid` among them',
      { pattern: '^(?:[\\x21\\x23-\\x5b\\x5d-\\x7e]+ )*openid(?: [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$', maxLength: 512 },
      {
        about: 'The scopes to ask that provider for; else `openid profile email`, and `offline_access` if it has that.',
        example: 'openid email groups',
      },
    ),
  ),
  passwordLogin: choice('PASSWORD_LOGIN', ['on', 'admin', 'off'], {
    about:
      'Whether people log in with a password: all who have one, only the administrator, or nobody. With `off` and one provider the login page goes straight on to it.',
    fallback: 'on',
    example: 'admin',
  }),
}

interface ProviderVariables {
  readonly googleClientId?: string | undefined
  readonly googleClientSecret?: string | undefined
  readonly githubClientId?: string | undefined
  readonly githubClientSecret?: string | undefined
  readonly microsoftClientId?: string | undefined
  readonly microsoftClientSecret?: string | undefined
  readonly microsoftTenant?: string | undefined
  readonly oidcIssuer?: string | undefined
  readonly oidcClientId?: string | undefined
  readonly oidcClientSecret?: string | undefined
  readonly oidcName?: string | undefined
  readonly oidcScopes?: string | undefined
}

/** A provider as the environment has it. */
export interface ConfiguredProvider {
  readonly name: string
  readonly kind: ProviderKind
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly label?: string
  readonly scopes?: readonly string[]
}

const GOOGLE = 'https://accounts.google.com'
const GITHUB = 'https://github.com'
export const microsoftIssuer = (tenant: string): string => `https://login.microsoftonline.com/${tenant.toLowerCase()}/v2.0`

/** `Acme ID` becomes `acme-id`. */
const nameOf = (label: string): string => label.toLowerCase().replace(/[ -]+/g, '-')

/** The providers of the environment, as far as each is complete. */
export function configuredProviders(config: ProviderVariables): ConfiguredProvider[] {
  const { oidcName = 'oidc', oidcScopes, microsoftTenant } = config
  const given = [
    { name: 'google', kind: 'google', issuer: GOOGLE, clientId: config.googleClientId, clientSecret: config.googleClientSecret },
    { name: 'github', kind: 'github', issuer: GITHUB, clientId: config.githubClientId, clientSecret: config.githubClientSecret },
    {
      name: 'microsoft',
      kind: 'microsoft',
      issuer: microsoftTenant && microsoftIssuer(microsoftTenant),
      clientId: config.microsoftClientId,
      clientSecret: config.microsoftClientSecret,
    },
    {
      name: nameOf(oidcName),
      kind: 'oidc',
      issuer: config.oidcIssuer,
      clientId: config.oidcClientId,
      clientSecret: config.oidcClientSecret,
      ...(oidcName !== 'oidc' && { label: oidcName }),
      ...(oidcScopes !== undefined && { scopes: oidcScopes.split(' ') }),
    },
  ] as const
  return given.filter(
    (each): each is typeof each & ConfiguredProvider =>
      each.issuer !== undefined && each.clientId !== undefined && each.clientSecret !== undefined,
  )
}

/** What of a provider is set without the rest of it, and names that two of them have. */
export function problemsOfProviders(config: ProviderVariables): string[] {
  const groups: readonly (readonly [string, string | undefined])[][] = [
    [
      ['GOOGLE_CLIENT_ID', config.googleClientId],
      ['GOOGLE_CLIENT_SECRET', config.googleClientSecret],
    ],
    [
      ['GITHUB_CLIENT_ID', config.githubClientId],
      ['GITHUB_CLIENT_SECRET', config.githubClientSecret],
    ],
    [
      ['MICROSOFT_CLIENT_ID', config.microsoftClientId],
      ['MICROSOFT_CLIENT_SECRET', config.microsoftClientSecret],
      ['MICROSOFT_TENANT', config.microsoftTenant],
    ],
    [
      ['OIDC_ISSUER', config.oidcIssuer],
      ['OIDC_CLIENT_ID', config.oidcClientId],
      ['OIDC_CLIENT_SECRET', config.oidcClientSecret],
    ],
  ]
  const problems = groups.flatMap((group) => {
    const missing = group.filter(([, value]) => value === undefined).map(([name]) => name)
    const present = group.find(([, value]) => value !== undefined)
    return present === undefined || missing.length === 0
      ? []
      : [`${present[0]} is set, but ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not: set all of them, or none.`]
  })
  const names = configuredProviders(config).map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? problems : [...problems, `OIDC_NAME is ${twice}, but another provider is called so: choose another name.`]
}
