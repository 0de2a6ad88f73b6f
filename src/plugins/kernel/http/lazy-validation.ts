/** Compiles the schema of a request when the first one comes: compiling all of them took a quarter of a start. Owns only when. */
import createCompiler from '@fastify/ajv-compiler'
import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'

/** Checks a value; afterwards it carries what is wrong with it, as Ajv's functions do. */
interface Validate {
  (value: unknown): unknown
  errors?: unknown
}

/** For `schemaController` of Fastify. */
export function compileWhenAsked(build = createCompiler()): BuildCompilerFromPool {
  const buildLazy = (...options: Parameters<BuildCompilerFromPool>) => {
    const compile = build(...options)
    return (...route: Parameters<typeof compile>): Validate => {
      let compiled: Validate | undefined
      const validate: Validate = (value) => {
        compiled ??= compile(...route) as Validate
        const outcome = compiled(value)
        validate.errors = compiled.errors
        return outcome
      }
      return validate
    }
  }
  return buildLazy as BuildCompilerFromPool
}
