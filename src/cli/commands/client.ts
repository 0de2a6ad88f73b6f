/** The commands about clients: the apps that users allow. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { CLIENT_ID, JSON_OPTION, YES, limit } from './options.ts'

const PROFILE: OptionSpec = {
  flags: '--profile <profile>',
  description: 'hold it to a security profile: fapi2, or none',
}

export const CLIENT_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'client list': {
    summary: 'list the clients, the newest first',
    options: [
      { flags: '--search <text>', description: 'only clients with this text in their id or in what they registered' },
      { flags: '--waiting', description: 'only clients that wait for approval (CLIENTS=approve)' },
      limit(50, 1000),
      { flags: '--after <client-id>', description: 'go on after this client, the last one of the page before' },
      JSON_OPTION,
    ],
    operations: ['client.list'],
    run: async (call) => (await import('../clients/clients.ts')).listClients(call),
  },
  'client show': {
    summary: 'show everything about a client',
    arguments: [CLIENT_ID],
    options: [JSON_OPTION],
    operations: ['client.show'],
    run: async (call) => (await import('../clients/clients.ts')).showClient(call),
  },
  'client add': {
    summary: "add a client that can't register by itself",
    details: 'It is never removed for lack of use. The secret of a confidential client is shown only once.',
    options: [
      { flags: '--redirect-uri <uri>', description: 'where users are sent back to', repeatable: true },
      {
        flags: '--grant-type <type>',
        description: 'such as authorization_code, refresh_token or client_credentials; the first two if left out',
        repeatable: true,
      },
      { flags: '--name <text>', description: 'the name that users read' },
      { flags: '--confidential', description: 'make a secret, by which the client authenticates' },
      {
        flags: '--keys <keys>',
        description: 'its public keys, by which it authenticates instead: the https URL of a JWKS, or a file that holds one',
      },
      { flags: '--scope <scopes>', description: 'the scopes that it may ask for, separated by spaces; all if left out' },
      PROFILE,
      {
        flags: '--management <role>',
        description: 'let it manage this server by the management API, at most as viewer, operator or owner',
      },
      JSON_OPTION,
    ],
    operations: ['client.add'],
    run: async (call) => (await import('../clients/clients.ts')).addClient(call),
  },
  'client update': {
    summary: 'hold a client to a security profile, or no longer',
    details: 'With fapi2, everything that FAPI 2.0 demands of a client is demanded of this one: see docs/clients/fapi.md.',
    arguments: [CLIENT_ID],
    options: [PROFILE],
    operations: ['client.find', 'client.hold-to-profile'],
    run: async (call) => (await import('../clients/client-profile.ts')).updateClient(call),
  },
  'client approve': {
    summary: 'let a client come that waits for approval, or that was refused',
    details: 'It counts with CLIENTS=approve, until the client changes its registration: see docs/clients/which-apps.md.',
    arguments: [CLIENT_ID],
    operations: ['client.find', 'client.approve'],
    run: async (call) => (await import('../clients/client-approval.ts')).approveClient(call),
  },
  'client refuse': {
    summary: 'keep a client out, and end everything that it was allowed',
    details: 'It counts whatever CLIENTS says. `client approve` takes it back.',
    arguments: [CLIENT_ID],
    operations: ['client.find', 'client.refuse'],
    run: async (call) => (await import('../clients/client-approval.ts')).refuseClient(call),
  },
  'client disable': {
    summary: 'end everything that a client was allowed, and refuse its id',
    arguments: [CLIENT_ID],
    operations: ['client.find', 'client.disable'],
    run: async (call) => (await import('../clients/clients.ts')).disableClient(call),
  },
  'client enable': {
    summary: 'let a disabled client be used again',
    arguments: [CLIENT_ID],
    operations: ['client.find', 'client.enable'],
    run: async (call) => (await import('../clients/clients.ts')).enableClient(call),
  },
  'client delete': {
    summary: 'delete a client, with everything that users allowed it',
    arguments: [CLIENT_ID],
    options: [YES],
    operations: ['client.find', 'client.delete'],
    run: async (call) => (await import('../clients/clients.ts')).deleteClient(call),
  },
  'client rotate-secret': {
    summary: 'give a client a new secret',
    details: 'The new secret is shown only once.',
    arguments: [CLIENT_ID],
    options: [
      {
        flags: '--overlap <duration>',
        description: 'how long the previous secret stays valid, such as 1h; CLIENT_SECRET_OVERLAP if left out',
      },
      JSON_OPTION,
    ],
    operations: ['client.find', 'client.rotate-secret'],
    run: async (call) => (await import('../clients/clients.ts')).rotateClientSecret(call),
  },
}
