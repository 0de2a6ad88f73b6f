/** Everything that is counted and measured, by names of ours. No label tells of a person or a client, and each has few values. */

export interface MetricSpec {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

export interface CounterSpec extends MetricSpec {
  /** Label values that begin at 0: a rate sees nothing of a series that begins with its first failure. */
  readonly from?: readonly (readonly string[])[]
}

export interface GaugeSpec extends MetricSpec {
  /** How the values of several processes become one. */
  readonly together: 'sum' | 'max'
}

export const SHED_REASONS = ['full', 'queue', 'stopping'] as const
export type ShedReason = (typeof SHED_REASONS)[number]

const each = (values: readonly string[]): string[][] => values.map((value) => [value])

export const COUNTERS = {
  requests: {
    name: 'solar_http_requests_total',
    help: 'Answered requests.',
    labels: ['route', 'method', 'status'],
  },
  refusals: {
    name: 'solar_refusals_total',
    help: 'Requests that were refused, by the error that the client got.',
    labels: ['route', 'error'],
  },
  tokens: {
    name: 'solar_token_requests_total',
    help: 'Token requests: `issued`, or the error.',
    labels: ['grant_type', 'outcome'],
  },
  events: {
    name: 'solar_events_total',
    help: 'What the audit log is about, such as `login.failed`: also what it only counts, or had no room for.',
    labels: ['event'],
    from: each(['login.failed', 'login.limited']),
  },
  shed: {
    name: 'solar_shed_total',
    help: 'Requests that were refused because of the load, or because the server stops.',
    labels: ['reason'],
    from: each(SHED_REASONS),
  },
  storageFailures: {
    name: 'solar_storage_failures_total',
    help: 'Calls that the database could not do now.',
    labels: ['reason'],
    from: each(['unreachable', 'disk', 'busy', 'closed']),
  },
  swept: {
    name: 'solar_sweeper_removed_total',
    help: 'Expired records that were deleted.',
    labels: [],
  },
  sweepFailures: {
    name: 'solar_sweeper_failures_total',
    help: 'Sweeps that failed, and will be tried again.',
    labels: [],
  },
  gate: {
    name: 'solar_gate_requests_total',
    help: 'Requests at the gate: `passed` to the MCP server, or the status of the refusal.',
    labels: ['resource', 'outcome'],
  },
  upstreamFailures: {
    name: 'solar_gate_upstream_failures_total',
    help: 'Requests that an MCP server behind the gate did not answer properly.',
    labels: ['resource'],
  },
  deliveries: {
    name: 'solar_audit_deliveries_total',
    help: 'Posts to AUDIT_WEBHOOK: `ok` or `failed`.',
    labels: ['outcome'],
    from: each(['ok', 'failed']),
  },
  providers: {
    name: 'solar_provider_requests_total',
    help: 'Requests to providers that log people in: `ok` or `failed`.',
    labels: ['provider', 'outcome'],
  },
} as const satisfies Record<string, CounterSpec>

/** Times in seconds. */
export const TIMES = {
  requests: {
    name: 'solar_http_request_duration_seconds',
    help: 'How long answers took, without those of the gate.',
    labels: ['route'],
  },
  storage: {
    name: 'solar_storage_duration_seconds',
    help: 'How long calls of the database took, with waiting for a connection.',
    labels: ['kind'],
  },
  upstream: {
    name: 'solar_gate_upstream_duration_seconds',
    help: 'How long MCP servers behind the gate took until they began to answer.',
    labels: ['resource'],
  },
} as const satisfies Record<string, MetricSpec>

export const GAUGES = {
  underWay: {
    name: 'solar_requests_under_way',
    help: 'Requests in progress, out of those that share the common limit.',
    labels: [],
    together: 'sum',
  },
  connections: {
    name: 'solar_storage_connections',
    help: 'Connections to the database, `busy` or `idle`.',
    labels: ['state'],
    together: 'sum',
  },
  waiting: {
    name: 'solar_storage_waiting',
    help: 'Calls that wait for a connection, or for the next transaction of an embedded database.',
    labels: [],
    together: 'sum',
  },
  swept: {
    name: 'solar_sweeper_last_success_timestamp_seconds',
    help: 'When the sweeper last came to its end; 0 where another node sweeps.',
    labels: [],
    together: 'max',
  },
  keyAge: {
    name: 'solar_signing_key_age_seconds',
    help: 'For how long the current key has signed.',
    labels: ['alg'],
    together: 'max',
  },
  keyInterval: {
    name: 'solar_signing_key_rotation_interval_seconds',
    help: 'After which time another key takes over; 0 if none does.',
    labels: [],
    together: 'max',
  },
  clients: {
    name: 'solar_clients',
    help: 'Clients, counted once a minute; 0 until then.',
    labels: [],
    together: 'max',
  },
  clientsLimit: {
    name: 'solar_clients_limit',
    help: 'How many there may be; 0 without a limit.',
    labels: [],
    together: 'max',
  },
  open: {
    name: 'solar_gate_open',
    help: 'Requests and streams that are open at the gate.',
    labels: ['kind'],
    together: 'sum',
  },
} as const satisfies Record<string, GaugeSpec>

export type CounterName = keyof typeof COUNTERS
export type TimeName = keyof typeof TIMES
export type GaugeName = keyof typeof GAUGES

/** The labels of a metric, each with a value. */
export type LabelsOf<S extends { readonly labels: readonly string[] }> = Record<S['labels'][number], string>
