/** The commands about who may come in by a provider. */
import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { JSON_OPTION } from './options.ts'

const RULE: ArgumentSpec = {
  name: '<rule>',
  description:
    'you@example.com, @acme.com, google:hd=acme.com, github:org=acme, github:team=acme/ops, microsoft:tenant=ID, or NAME:claim=/groups=admins',
}

export const ADMISSION_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'admission add': {
    summary: 'let people come in by a provider',
    details:
      'One rule that holds is enough. There are no wildcards: a domain does not include those below it. Logins with a password are not concerned.',
    arguments: [RULE],
    options: [{ flags: '--group <name>', description: 'a group that everybody of whom the rule holds is in' }, JSON_OPTION],
    operations: ['admission.add'],
    run: async (call) => (await import('../admission/admission.ts')).addAdmissionRule(call),
  },
  'admission list': {
    summary: 'list who may come in by a provider',
    details: 'These are the rules of ADMIT, as it is set where you run the command, and those that were added by command.',
    options: [JSON_OPTION],
    operations: ['admission.list'],
    run: async (call) => (await import('../admission/admission.ts')).listAdmissionRules(call),
  },
  'admission delete': {
    summary: 'delete a rule; whom only this rule let in loses access within ten minutes',
    arguments: [RULE],
    operations: ['admission.delete'],
    run: async (call) => (await import('../admission/admission.ts')).deleteAdmissionRule(call),
  },
  'admission explain': {
    summary: 'say which rule lets somebody in, or why none does',
    arguments: [{ name: '<email>', description: 'the e-mail address that a provider would vouch for' }],
    options: [JSON_OPTION],
    operations: ['admission.explain'],
    run: async (call) => (await import('../admission/explain.ts')).explainAdmission(call),
  },
}
