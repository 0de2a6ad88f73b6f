/** Headers that an operator adds to every request to the upstream. Only a reference is kept: the value is a secret as a rule. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import type { UpstreamHeader } from './gate.ts'
import { isFraming } from './header-names.ts'

export type Reference = { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string }

const HEADER = /^([!#$%&'*+.^_`|~0-9a-z-]+):[ \t]*(.*)$/is
const VALUE = /^((?:[a-z][\w-]* )?)(?:env:([a-z_]\w*)|file:(\S.*))$/i

/** @returns the header, or the rest of the sentence "it must ..." */
export function parseUpstreamHeader(raw: string): Result<UpstreamHeader, string> {
  const [, name = '', value = ''] = HEADER.exec(raw.trim()) ?? []
  if (name === '') return err("be 'NAME: env:VARIABLE' or 'NAME: file:PATH'")
  if (isFraming(name)) return err(`not set ${name}, which belongs to the connection`)
  if (!VALUE.test(value))
    return err(`say where the value of ${name} is, env:VARIABLE or file:PATH (perhaps after Bearer): the value itself is never kept`)
  return ok({ name, value })
}

/** A word such as `Bearer ` that comes before what the reference leads to. */
export function readUpstreamHeader({ value }: UpstreamHeader): { readonly prefix: string; readonly reference: Reference } {
  const [, prefix, name, path] = VALUE.exec(value)!
  return { prefix: prefix!, reference: name === undefined ? { kind: 'file', path: path! } : { kind: 'env', name } }
}
