import { PEOPLE } from './people.ts'

/** What the installation runs with at the end. */
export const SETTINGS = {
  ISSUER: 'https://auth.example.com',
  SECRET: 'the secret of the installation that the tests keep',
  ADMIN_USERNAME: PEOPLE.admin.username,
  ADMIN_PASSWORD: PEOPLE.admin.password,
  ADMIN_EMAIL: 'admin@example.com',
  PERSONAL_TOKENS: 'on',
  RATE_LIMIT_LOGIN: '3/15m',
  AUDIT_TOOLS: 'all',
  UPSTREAM_TIMEOUT: '1s',
}
