/** The commands about servers: this one, and others. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION } from './options.ts'
import { GATE_MEMBERS, MEMBERS, PROCESS_MEMBERS } from './resource.ts'

const TUNNEL: OptionSpec = { flags: '--tunnel', description: 'give it a public address for trying, with cloudflared' }

export const SERVER_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  serve: {
    summary: 'start the server',
    options: [TUNNEL],
    here: true,
    operations: [],
    run: async (call) => {
      const { serve, serveTunneled } = await import('../../process/serve.ts')
      return call.options['tunnel'] === true ? serveTunneled(call.program, call.variables) : serve(call.program, call.variables)
    },
  },
  status: {
    summary: 'show what the installation holds, and whether a server runs on it',
    options: [JSON_OPTION],
    operations: ['server.read-status'],
    run: async (call) => (await import('../status.ts')).showStatus(call),
  },
  protect: {
    summary: 'start the server with your MCP server behind it',
    details:
      'Clients connect to this server, at its address and the path of yours; only requests with a token reach yours. What the options say is kept; ' +
      'which server is behind is said at each start. Several may be, each as PATH=URL or URL. After -- a command may follow instead, which is ' +
      'started for each user and speaks MCP over its standard input and output: protect -- npx -y @modelcontextprotocol/server-everything.',
    takesCommand: true,
    arguments: [{ name: '[url...]', description: 'the address of the MCP server behind, such as http://localhost:3001/mcp' }],
    options: [
      { flags: '--at <path>', description: 'the path that clients connect to; that of the MCP server if left out' },
      ...MEMBERS.filter(({ flags }) => /^--(name|scope)/.test(flags)),
      ...GATE_MEMBERS,
      ...PROCESS_MEMBERS,
      TUNNEL,
    ],
    here: true,
    operations: ['resource.find', 'resource.add', 'resource.update', 'resource.change-gate'],
    run: async (call) => (await import('../protect.ts')).protect(call),
  },
  verify: {
    summary: 'check an authorization server as an MCP client would',
    details: 'Registers a client for the check, and deletes it if the server allows that. The exit code is 1 if a check fails.',
    arguments: [{ name: '[url]', description: 'the issuer of any server; if left out, ISSUER of this one' }],
    options: [JSON_OPTION],
    here: true,
    operations: [],
    run: async (call) => (await import('../verify.ts')).verifyServer(call),
  },
  doctor: {
    summary: 'find out which clients can connect to an MCP server, and what stops the others',
    details:
      'Examines an MCP server or an authorization server as ChatGPT, Claude, Cursor and others would. The exit code is 1 if a client is ' +
      'stopped, 2 if nothing could be checked.',
    arguments: [{ name: '<url>', description: 'the address of the server' }],
    options: [{ flags: '--login', description: 'go on with a login in your browser' }, JSON_OPTION],
    here: true,
    operations: [],
    run: async (call) => (await import('../doctor.ts')).runDoctor(call),
  },
}

export const LOGIN_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  login: {
    summary: 'log in at a server, to manage it from afar with --server',
    details:
      'Opens a browser for it, and prints the address; with --device, a browser of another machine will do. It takes a role at that server. ' +
      'What this account gets is kept in a file that only it can read, and renewed as it is used.',
    operations: [],
    run: async (call) => (await import('../remote/commands.ts')).logIn(call),
  },
  logout: {
    summary: 'end the login at a server, and forget it',
    operations: [],
    run: async (call) => (await import('../remote/commands.ts')).logOut(call),
  },
}

export const CONFIG_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'config show': {
    summary: 'show every setting, and where its value comes from',
    details:
      'From the environment, from .env, from the server that runs here, or the default. Of secrets it shows whether they are set. ' +
      'The exit code is 1 if the settings are wrong.',
    options: [JSON_OPTION],
    here: true,
    operations: ['settings.list'],
    run: async (call) => (await import('../config.ts')).showConfig(call),
  },
}

export const MAIL_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'mail check': {
    summary: 'try whether mails go out, without sending one',
    details: 'Connects to the mail server as it is set (SMTP_URL), logs in, and names sender (MAIL_FROM) and recipient.',
    options: [{ flags: '--to <address>', description: "an address that mails should reach; the sender's own if left out" }],
    here: true,
    operations: ['mail.check'],
    run: async (call) => (await import('../mail.ts')).checkMail(call),
  },
}
