/**
 * The layers, from the bottom up, and what each may import besides itself: `npm run lint` refuses anything else, and every circle,
 * those of type imports included. A new folder of src has to be named here. docs/architecture.md explains the table.
 */
const LAYERS = {
  schemas: [],
  domain: ['schemas'],
  logging: ['domain'],
  config: ['domain'],
  fetch: ['domain'],
  metrics: ['domain'],
  mail: ['domain', 'config'],
  tracing: ['logging'],
  storage: ['domain'],
  providers: ['domain', 'fetch'],
  crypto: ['domain', 'storage/storage.ts'],
  transfer: ['domain', 'crypto', 'storage'],
  grants: ['schemas', 'domain', 'crypto', 'storage/storage.ts'],
  operations: ['schemas', 'domain', 'config', 'mail', 'crypto', 'storage', 'transfer', 'providers', 'fetch/private-host.ts'],
  plugins: [
    'schemas',
    'domain',
    'config',
    'logging',
    'metrics',
    'tracing',
    'fetch',
    'mail',
    'crypto',
    'storage/storage.ts',
    'grants',
    'operations',
    'providers',
  ],
  'app.ts': ['config', 'logging', 'metrics', 'tracing', 'fetch', 'mail', 'crypto', 'storage/storage.ts', 'plugins', 'providers'],
  'index.ts': ['domain', 'config', 'crypto', 'storage', 'app.ts'],
  jobs: ['domain', 'crypto', 'storage/storage.ts', 'providers'],
  process: ['schemas', 'domain', 'config', 'logging', 'metrics', 'tracing', 'storage', 'crypto', 'jobs', 'app.ts'],
  'server.ts': ['process'],
  doctor: ['domain/protocol', 'domain/dpop', 'fetch/public-address.ts', 'fetch/private-host.ts'],
  cli: ['domain', 'config', 'crypto/random.ts', 'storage/open.ts', 'transfer/progress.ts', 'operations', 'process', 'doctor'],
  'cli.ts': ['cli'],
  'resource-server': ['domain/protocol', 'domain/dpop', 'schemas/protected-resource.ts'],
}

/** Within plugins, a feature imports the three rooms that serve all, and of the other features those that are named. */
const BASE = ['kernel', 'pages', 'authentication']
const ROOMS = {
  pages: [],
  kernel: ['pages'],
  authentication: ['kernel'],
  discovery: BASE,
  registration: BASE,
  login: BASE,
  authorization: [...BASE, 'login'],
  device: [...BASE, 'login', 'authorization'],
  provider: [...BASE, 'login', 'links'],
  logout: [...BASE, 'login', 'authorization'],
  links: [...BASE, 'login'],
  account: [...BASE, 'login', 'links'],
  console: [...BASE, 'login'],
  management: [...BASE, 'console'],
  token: BASE,
  gate: BASE,
}

/** A pattern that takes whole folders and single files. */
const anyOf = (root, names) => `^${root}/(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(?:/|$)`

const only = (name, root, folder, allowed) => ({
  name: `${name}-imports`,
  comment: `${folder} may import ${allowed.join(', ') || 'nothing of src'}.`,
  severity: 'error',
  from: { path: anyOf(root, [folder]) },
  to: { path: `^${root}/`, pathNot: anyOf(root, [folder, ...allowed]) },
})

const without = (folders, packages, comment) => ({
  name: `${folders[0]}-packages`,
  comment,
  severity: 'error',
  from: { path: anyOf('src', folders) },
  to: { path: `^node_modules/(?:${packages})` },
})

export default {
  forbidden: [
    { name: 'no-circle', comment: 'A circle of imports, types included.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unknown-folder',
      comment: 'Name the folder in LAYERS.',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf('src', Object.keys(LAYERS)) },
      to: {},
    },
    {
      name: 'no-unknown-room',
      comment: 'Name the room in ROOMS.',
      severity: 'error',
      from: { path: '^src/plugins/', pathNot: anyOf('src/plugins', Object.keys(ROOMS)) },
      to: {},
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports this file.',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/(?:index|server|cli)\\.ts$|\\.d\\.ts$|\\.(?:hbs|css|js|svg|json|sql)$' },
      to: {},
    },
    {
      name: 'no-development-package',
      comment: 'An installed server has no development packages.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'], dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(LAYERS).map(([folder, allowed]) => only(folder, 'src', folder, allowed)),
    ...Object.entries(ROOMS).map(([room, allowed]) => only(`plugins/${room}`, 'src/plugins', room, allowed)),
    {
      name: 'operations-of-operators',
      comment: 'What an operator may do is done by the console and the management API, which check roles.',
      severity: 'error',
      from: { path: '^src/plugins/', pathNot: anyOf('src/plugins', ['console', 'management']) },
      to: { path: '^src/operations/' },
    },
    without(['schemas', 'domain', 'storage', 'grants', 'fetch'], '@?fastify(?:/|-plugin)', 'This layer knows nothing of HTTP.'),
    without(['resource-server'], '@fastify/|@sinclair/', 'The library ships without the server.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
