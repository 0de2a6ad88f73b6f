/**
 * Compiles what apps are made of once per process, however many apps its tests build: schemas of requests and responses, and the pages'
 * templates. Fastify and Handlebars do it for each app, and that costs more than everything else in building one. The compilers
 * are their own; only the outcome is shared.
 */
import { createRequire } from 'node:module'
import Handlebars from 'handlebars'

const require = createRequire(createRequire(import.meta.url).resolve('fastify'))

function replace(name: string, exports: unknown): void {
  require.cache[require.resolve(name)]!.exports = exports
}

type Compiled = (value: unknown) => unknown
type CompilerFactory = (externalSchemas: unknown, options: unknown) => (route: { schema: unknown }) => Compiled

/** The same factory, for which schemas of equal content are one. */
function share(create: CompilerFactory): CompilerFactory {
  const shared = new Map<string, Compiled>()
  return (externalSchemas, options) => {
    const compile = create(externalSchemas, options)
    const context = JSON.stringify([externalSchemas, options])
    return (route) => {
      const key = context + JSON.stringify(route.schema)
      const known = shared.get(key)
      if (known !== undefined) return known
      const compiled = compile(route)
      shared.set(key, compiled)
      return compiled
    }
  }
}

const validators = share((require('@fastify/ajv-compiler') as () => CompilerFactory)())
replace('@fastify/ajv-compiler', () => validators)
const serializers = share((require('@fastify/fast-json-stringify-compiler') as () => CompilerFactory)())
replace('@fastify/fast-json-stringify-compiler', () => serializers)

const create = Handlebars.create
const templates = new Map<string, TemplateSpecification>()
Handlebars.create = () => {
  const engine = create()
  engine.compile = ((source: string, options?: CompileOptions) => {
    const key = JSON.stringify([source, options])
    const known = templates.get(key) ?? (new Function(`return ${String(engine.precompile(source, options))}`)() as TemplateSpecification)
    templates.set(key, known)
    return engine.template(known)
  }) as typeof engine.compile
  return engine
}
