/** The commands about the database as a whole. */
import type { CommandSpec } from '../command.ts'
import { FORCE } from './options.ts'

export const DATABASE_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  migrate: {
    summary: 'bring the database to the version of this program',
    details: 'The server does the same when it starts.',
    here: true,
    operations: ['database.migrate'],
    run: async (call) => (await import('../database.ts')).migrate(call),
  },
  backup: {
    summary: 'copy the embedded database while the server runs',
    arguments: [{ name: '<file>', description: 'the file to write' }],
    options: [FORCE],
    here: true,
    operations: ['database.back-up'],
    run: async (call) => (await import('../database.ts')).backUp(call),
  },
  restore: {
    summary: 'put a backup in place of the embedded database',
    details: 'Stop the server first. The previous database is kept beside it, under another name.',
    arguments: [{ name: '<file>', description: 'a file that backup has written' }],
    here: true,
    operations: ['database.restore'],
    run: async (call) => (await import('../database.ts')).restore(call),
  },
  export: {
    summary: 'write everything to a file, to move to another database',
    details: 'The server may run meanwhile. With the file and SECRET, anyone can act as any user: keep it private.',
    arguments: [{ name: '<file>', description: 'the file to write; - is standard output' }],
    options: [FORCE],
    here: true,
    operations: ['database.export-to-file', 'database.export-to-stream'],
    run: async (call) => (await import('../transfer.ts')).exportEverything(call),
  },
  import: {
    summary: 'read an export into an empty database',
    details: 'SECRET must be the same as where the export was written.',
    arguments: [{ name: '<file>', description: 'a file that export has written; - is standard input' }],
    here: true,
    operations: ['database.import-from-file', 'database.import-from-stream'],
    run: async (call) => (await import('../transfer.ts')).importEverything(call),
  },
}
