/** How strict the server is with clients. Part of schema.ts. */
import { choice, choices, flag } from './kinds.ts'

export const STRICTNESS = {
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
