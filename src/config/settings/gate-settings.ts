/** The gate: MCP servers behind this server, and how much passes to them. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { parseCommandProtection, parseProtection } from '../../domain/gate/upstream-address.ts'
import type { Protection } from '../../domain/gate/upstream-address.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { duration } from '../durations.ts'
import { choice, integer, parts, setting, text } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

function readProtections(raw: string): Reading {
  const protections: Protection[] = []
  for (const part of parts(raw)) {
    const read = parseProtection(part)
    if (!read.ok) return err(`name MCP servers, each of which must ${read.error}`)
    protections.push(read.value)
  }
  return ok(protections)
}

const ProtectionShape = Type.Object({
  path: Type.Optional(Type.String()),
  upstream: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })]),
})

export const GATE_SETTINGS = {
  protect: Type.Optional(
    setting(Type.Unsafe<readonly Protection[]>(Type.Array(ProtectionShape)), {
      name: 'PROTECT',
      about:
        'MCP servers that this server stands in front of ([the gate](gate.md)): clients connect to `ISSUER` and the path, and only requests with a token reach the address.',
      accepts: 'a list of `[PATH=]URL`, separated by commas; without a path it is that of the URL, or `/mcp`',
      example: 'http://localhost:3001/mcp,/files=http://files:8080/sse',
      read: readProtections,
    }),
  ),
  protectCommand: Type.Optional(
    setting(Type.Unsafe<Protection>(ProtectionShape), {
      name: 'PROTECT_COMMAND',
      about:
        'A command that speaks MCP over its standard input and output, which this server stands in front of ([commands](gate.md#commands)). ' +
        'It is started without a shell.',
      accepts: '`[PATH=]COMMAND`, with quotation marks as in a shell; without a path it is `/mcp`',
      example: 'npx -y @modelcontextprotocol/server-everything',
      read: parseCommandProtection,
    }),
  ),
  commands: integer('COMMANDS', [1, 10_000], {
    about: 'How many processes of commands may run at once behind the gate; further users get 503.',
    fallback: '50',
    example: '10',
  }),
  commandsPerUser: integer('COMMANDS_PER_USER', [1, 10_000], {
    about: 'How many of these processes a user may have.',
    fallback: '10',
    example: '3',
  }),
  tunnelToken: Type.Optional(
    text(
      'TUNNEL_TOKEN',
      'the token of a tunnel at Cloudflare',
      { maxLength: 4096 },
      {
        about: 'The named tunnel that `--tunnel` runs, at the address of `ISSUER` ([a public address](gate.md#a-public-address)).',
        example: 'what-the-dashboard-showed',
        secret: true,
      },
    ),
  ),
  forwardAuth: choice('FORWARD_AUTH', ['on', 'off'], {
    about:
      'Whether a proxy may ask at `/forward-auth` if a request may pass ([forward auth](gate.md#forward-auth)). `TRUST_PROXY` must name its network.',
    fallback: 'off',
    example: 'on',
  }),
  gateBodyLimit: setting(Type.Integer({ minimum: 1024, maximum: 1024 ** 3 }), {
    name: 'GATE_BODY_LIMIT',
    about: 'The largest request body that passes the gate.',
    accepts: 'a number of bytes, or of `KB` or `MB`, from 1KB to 1024MB',
    fallback: '4MB',
    example: '16MB',
    read: (raw) => ok(readSize(raw)),
  }),
  upstreamTimeout: duration('UPSTREAM_TIMEOUT', ['1s', '1h'], {
    about: 'How long an MCP server behind the gate may take until it begins its answer.',
    fallback: '60s',
    example: '5m',
  }),
  streamIdle: duration('STREAM_IDLE', ['10s', '1d'], {
    about: 'How long an answer through the gate, or a stream, may be silent before it is ended. Clients open a stream again.',
    fallback: '1h',
    example: '10m',
  }),
  streamGrace: duration('STREAM_GRACE', ['0s', '1h'], {
    about:
      'How long an answer that has begun may go on after the access token expired. Streams on which a client only listens end with the token.',
    fallback: '5m',
    example: '0s',
  }),
  streamsPerUser: integer('STREAMS_PER_USER', [1, 1_000_000], {
    about: 'How many requests and streams a user may have open at the gate, over all clients.',
    fallback: '100',
    example: '20',
  }),
  streamsPerClient: integer('STREAMS_PER_CLIENT', [1, 1_000_000], {
    about: 'How many requests and streams a client may have open at the gate, over all users.',
    fallback: '2000',
    example: '10000',
  }),
  streams: integer('STREAMS', [1, 1_000_000], {
    about: 'How many requests and streams may be open at the gate in all, in each process.',
    fallback: '10000',
    example: '2000',
  }),
  learnTools: choice('LEARN_TOOLS', ['on', 'off'], {
    about:
      'Whether the gate keeps which tools a server lists in answers that pass ([tools](gate.md#scopes-of-tools)): users read them when they allow an app. ' +
      'With `off` they come from `resource sync` alone.',
    fallback: 'on',
    example: 'off',
  }),
}

const UNITS = new Map([
  ['', 1],
  ['kb', 1024],
  ['mb', 1024 * 1024],
])

/** In bytes. */
function readSize(raw: string): number | string {
  const [, count, unit = ''] = /^(\d+) ?([km]b)?$/i.exec(raw) ?? []
  return count === undefined ? raw : Number(count) * UNITS.get(unit.toLowerCase())!
}
