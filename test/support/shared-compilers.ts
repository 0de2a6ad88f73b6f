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

const validators = (require('@fastify/ajv-compiler') as () => unknown)()
replace('@fastify/ajv-compiler', () => validators)

type Serializer = (value: unknown) => string
type SerializerFactory = (externalSchemas: unknown, options: unknown) => (route: { schema: unknown }) => Serializer
const createSerializers = (require('@fastify/fast-json-stringify-compiler') as () => SerializerFactory)()
const serializers = new Map<string, Serializer>()

const shareSerializers: SerializerFactory = (externalSchemas, options) => {
  const compile = createSerializers(externalSchemas, options)
  const context = JSON.stringify([externalSchemas, options])
  return (route) => {
    const key = context + JSON.stringify(route.schema)
    const known = serializers.get(key) ?? compile(route)
    serializers.set(key, known)
    return known
  }
}
replace('@fastify/fast-json-stringify-compiler', () => shareSerializers)

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
