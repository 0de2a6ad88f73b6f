/** The commands about clients, and about the tokens by which they may register. */
import type { Command } from './command.ts'

const json = { json: { type: 'boolean' } } as const

export const CLIENT_COMMANDS: Readonly<Record<string, Command>> = {
  'client list': {
    usage: '[--search TEXT] [--limit N] [--after ID] [--json]',
    summary: 'shows the clients, the newest first; those with a text in their id or in what they registered',
    options: { search: { type: 'string' }, limit: { type: 'string' }, after: { type: 'string' }, ...json },
    words: [0, 0],
    run: async (call) => (await import('./list-clients.ts')).listClients(call),
  },
  'client show': {
    usage: 'ID [--json]',
    summary: 'shows all about a client',
    options: json,
    words: [1, 1],
    run: async (call) => (await import('./list-clients.ts')).showClient(call),
  },
  'client add': {
    usage: '[--redirect-uri URI ...] [--grant-type TYPE ...] [--name NAME] [--confidential] [--scope SCOPE] [--json]',
    summary: 'makes a client that is never swept; a confidential one has a secret, which is shown once',
    options: {
      'redirect-uri': { type: 'string', multiple: true },
      'grant-type': { type: 'string', multiple: true },
      name: { type: 'string' },
      confidential: { type: 'boolean' },
      scope: { type: 'string' },
      ...json,
    },
    words: [0, 0],
    run: async (call) => (await import('./add-client.ts')).addClient(call),
  },
  'client disable': {
    usage: 'ID',
    summary: 'ends all that a client was allowed, and lets nobody use its id',
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).disableClient(call),
  },
  'client enable': {
    usage: 'ID',
    summary: 'lets a disabled client be used again',
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).enableClient(call),
  },
  'client delete': {
    usage: 'ID [--yes]',
    summary: 'deletes a client with all that people allowed it; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).deleteClient(call),
  },
  'client rotate-secret': {
    usage: 'ID [--overlap DURATION]',
    summary: 'gives a client a new secret, shown once; the one before counts for a while',
    options: { overlap: { type: 'string' } },
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).rotateSecret(call),
  },
  'registration-token create': {
    usage:
      'NAME [--expires 30d] [--uses N] [--redirect-hosts HOSTS] [--redirect-kinds KINDS] [--scopes SCOPES] [--auth-methods METHODS] [--grant-types TYPES]',
    summary: 'makes an initial access token for those who may register clients, and bounds what they register',
    options: {
      expires: { type: 'string' },
      uses: { type: 'string' },
      'redirect-hosts': { type: 'string' },
      'redirect-kinds': { type: 'string' },
      scopes: { type: 'string' },
      'auth-methods': { type: 'string' },
      'grant-types': { type: 'string' },
    },
    words: [1, 1],
    run: async (call) => (await import('./create-registration-token.ts')).createRegistrationToken(call),
  },
  'registration-token list': {
    usage: '[--json]',
    summary: 'shows the initial access tokens by name, without the tokens',
    options: json,
    words: [0, 0],
    run: async (call) => (await import('./registration-tokens.ts')).listRegistrationTokens(call),
  },
  'registration-token delete': {
    usage: 'NAME',
    summary: 'ends an initial access token; the clients that it registered stay',
    words: [1, 1],
    run: async (call) => (await import('./registration-tokens.ts')).deleteRegistrationToken(call),
  },
}
