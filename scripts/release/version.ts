/** Which version a release gets (Semantic Versioning 2.0.0). There are no pre-releases. */
import { ReleaseRefused } from './refused.ts'

const STEPS = ['major', 'minor', 'patch'] as const
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/

/**
 * @param current the version in package.json
 * @param wanted `major`, `minor`, `patch`, or a version. The current one is allowed: its release is built and checked again.
 * @throws {ReleaseRefused} if `wanted` is neither, or an earlier version
 */
export function nextVersion(current: string, wanted: string): string {
  const before = parse(current)
  const step = STEPS.findIndex((name) => name === wanted)
  if (step >= 0) return before.map((part, i) => (i < step ? part : i === step ? part + 1 : 0)).join('.')
  const after = parse(wanted)
  const [first] = before.map((part, i) => after[i]! - part).filter((difference) => difference !== 0)
  if (first !== undefined && first < 0) throw new ReleaseRefused(`${wanted} is older than the current version, ${current}.`)
  return wanted
}

function parse(version: string): number[] {
  const parts = VERSION.exec(version)?.slice(1).map(Number)
  if (parts === undefined) throw new ReleaseRefused(`"${version}" is not a version: write major, minor, patch, or one such as 1.2.3.`)
  return parts
}
