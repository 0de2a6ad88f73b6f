/** How strict the server is with clients. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { CLIENT_RULES } from '../../domain/client/client-approval.ts'
import { parseKnownClient } from '../../domain/client/known-clients.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { choice, choices, flag, parts, setting } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

function readKnownClients(raw: string): Reading {
  const known: string[] = []
  for (const part of parts(raw)) {
    const item = parseKnownClient(part)
    if (!item.ok) return err(`be a list of clients, each of which must ${item.error}`)
    if (known.includes(part)) return err(`name ${part} only once`)
    known.push(part)
  }
  return ok(known)
}

export const STRICTNESS = {
  clients: choice('CLIENTS', [...CLIENT_RULES], {
    about:
      'Which apps may come, of those that register themselves or have a metadata document: any; only known ones, which are the apps of [some vendors](clients/which-apps.md) ' +
      'and those of `KNOWN_CLIENTS`; or others as well, once you have approved each.',
    fallback: 'open',
    example: 'approve',
  }),
  knownClients: Type.Optional(
    setting(Type.Unsafe<readonly string[]>(Type.Array(Type.String())), {
      name: 'KNOWN_CLIENTS',
      about: 'Apps that come with `CLIENTS=known` and `CLIENTS=approve` besides those of the vendors.',
      accepts:
        'a list of client ids, addresses of metadata documents, and redirect URIs, separated by commas; `{id}` is any one segment of the path of an https address',
      example: 'https://app.example.com/{id}/callback,http://localhost/callback',
      read: readKnownClients,
    }),
  ),
  securityProfile: choice('SECURITY_PROFILE', ['none', 'fapi2'], {
    about:
      'Whether all clients are held to the FAPI 2.0 Security Profile: pushed requests, DPoP, PKCE with `S256`, `private_key_jwt`, https redirect ' +
      "URIs. MCP clients can't meet it; `client add --profile` holds a single client to it.",
    fallback: 'none',
    example: 'fapi2',
  }),
  codeChallengeMethods: choices('CODE_CHALLENGE_METHODS', ['S256', 'plain'], 'S256', {
    about: 'The PKCE methods that clients may use (RFC 7636 section 4.2); `S256` alone is the strict choice.',
    fallback: 'S256,plain',
    example: 'S256',
  }),
  requirePkce: flag('REQUIRE_PKCE', {
    about: 'Whether clients with a secret must use PKCE, too; clients without one always must.',
    fallback: 'false',
    example: 'true',
  }),
  requirePar: flag('REQUIRE_PAR', {
    about: "Whether every client must push its authorization requests to `/par` first (RFC 9126). Most MCP clients can't.",
    fallback: 'false',
    example: 'true',
  }),
}
