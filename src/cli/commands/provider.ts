/** The commands about identity providers. */
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, YES } from './options.ts'

const NAME: ArgumentSpec = { name: '<name>', description: 'its name, which is part of the redirect URI' }
const MEMBERS: readonly OptionSpec[] = [
  { flags: '--client-id <id>', description: 'the id of this server there' },
  { flags: '--issuer <url>', description: 'its issuer, exactly; of GitHub, an enterprise server' },
  { flags: '--tenant <id>', description: 'of Microsoft: the tenant, or organizations, consumers or common' },
  { flags: '--label <text>', description: 'what the button says' },
  { flags: '--scope <name>', description: 'a scope to ask for, instead of those of its kind', repeatable: true },
  {
    flags: '--domain <name>',
    description: 'a domain whose addresses are its to give: a verified one finds the user whom you made with it',
    repeatable: true,
  },
  { flags: '--follow <on|off>', description: 'whether names, pictures and verified addresses follow it at each login' },
  {
    flags: '--groups <claim>',
    description: 'the claim that says in which groups here people are, such as /groups; of GitHub /teams or /organizations',
  },
]
const SECRET = 'The client secret is read from the variable PROVIDER_SECRET.'

export const PROVIDER_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'provider add': {
    summary: 'add an identity provider by which people log in',
    details: `It prints the redirect URI to enter at the provider. ${SECRET}`,
    arguments: [NAME],
    options: [{ flags: '--kind <kind>', description: 'google, github, microsoft or oidc' }, ...MEMBERS, JSON_OPTION],
    operations: ['provider.add'],
    run: async (call) => (await import('../providers/providers.ts')).addProvider(call),
  },
  'provider list': {
    summary: 'list identity providers',
    options: [JSON_OPTION],
    operations: ['provider.list'],
    run: async (call) => (await import('../providers/providers.ts')).listProviders(call),
  },
  'provider show': {
    summary: 'show an identity provider, without its secret',
    arguments: [NAME],
    options: [JSON_OPTION],
    operations: ['provider.find'],
    run: async (call) => (await import('../providers/providers.ts')).showProvider(call),
  },
  'provider update': {
    summary: 'change what the options name; an empty text takes it back',
    details: `${SECRET} Of one in the environment, only --domain, --follow and --groups.`,
    arguments: [NAME],
    options: MEMBERS,
    operations: ['provider.find', 'provider.update'],
    run: async (call) => (await import('../providers/providers.ts')).updateProvider(call),
  },
  'provider check': {
    summary: 'say line by line what is right and wrong with it',
    details:
      'With --login you log in by it in a browser. It then shows what the provider said of you, and which rule lets you in, or why none ' +
      'does. Nothing of it is kept, and nobody is logged in here.',
    arguments: [NAME],
    options: [{ flags: '--login', description: 'log in by it, too' }, JSON_OPTION],
    here: true,
    operations: ['provider.find', 'provider.check', 'provider.begin-trial', 'provider.finish-trial'],
    run: async (call) => (await import('../providers/check.ts')).checkProvider(call),
  },
  'provider enable': {
    summary: 'let people log in by it again',
    arguments: [NAME],
    operations: ['provider.find', 'provider.enable'],
    run: async (call) => (await import('../providers/providers.ts')).enableProvider(call),
  },
  'provider disable': {
    summary: 'let nobody log in by it any more',
    arguments: [NAME],
    operations: ['provider.find', 'provider.disable'],
    run: async (call) => (await import('../providers/providers.ts')).disableProvider(call),
  },
  'provider delete': {
    summary: 'delete it, with the accounts there that belong to users; users stay',
    arguments: [NAME],
    options: [YES],
    operations: ['provider.find', 'provider.delete'],
    run: async (call) => (await import('../providers/providers.ts')).deleteProvider(call),
  },
}
