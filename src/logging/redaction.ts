/** Removes secrets from log lines (threat-model.md T17): by the name of their member, and by their form within free text. */

/** Members, headers and parameters that are secrets, or lead to one. */
export const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  ...['authorization', 'cookie', 'set-cookie', 'password', 'secret', 'client_secret', 'code', 'code_verifier'],
  ...['token', 'access_token', 'refresh_token', 'id_token', 'id_token_hint', 'logout_token', 'registration_access_token'],
  ...['client_assertion', 'dpop', 'device_code', 'user_code', 'request', 'request_uri', 'transaction', 'state', 'nonce'],
])

const REDACTED = '[redacted]'

/** Credentials in a header or a URL, JWTs, Argon2 hashes, and our own secrets and hashes: 43 base64url characters. */
const SHAPES =
  /\b(?:Basic|Bearer|DPoP) +[^\s"',]+|(?<=:\/\/)[^\s/@"']+(?=@)|\beyJ[\w-]+(?:\.[\w-]*)*|\$argon2[^\s"']+|(?<![\w-])[\w-]{43,}/gi

/**
 * A text with its secrets replaced.
 *
 * @param known secrets to remove whatever their form; those shorter than 6 characters also occur by chance, and stay
 */
export function redactText(text: string, known: readonly string[] = []): string {
  const longestFirst = known.filter((secret) => secret.length >= 6).sort((a, b) => b.length - a.length)
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text).replace(SHAPES, REDACTED)
}

/** Deeper members are not logged. */
const MAX_DEPTH = 5

/** A copy with the secret members replaced. Values with a `toJSON` stay as they are, and errors too: they are for `describeError`. */
export function redactMembers(value: object, depth = 0): object {
  if (value instanceof Error || 'toJSON' in value) return value
  const redacted = (member: unknown) => {
    if (typeof member !== 'object' || member === null) return member
    return depth < MAX_DEPTH ? redactMembers(member, depth + 1) : '[deeper]'
  }
  if (Array.isArray(value)) return value.map(redacted)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, SECRET_MEMBERS.has(name) ? REDACTED : redacted(member)]))
}

/** An error as the log shows it: its origin, its message without secrets, and no other members. */
export function describeError(error: unknown, known: readonly string[] = []): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: redactText(String(error), known) }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    // Not named `code`, which would be redacted.
    ...(typeof code === 'string' && { errorCode: code }),
    message: redactText(message, known),
    ...(stack !== undefined && { stack: redactText(stack, known) }),
    ...(cause !== undefined && { cause: describeError(cause, known) }),
  }
}
