/** Reads the body of a response, but never more of it than a limit: the other side decides how much it sends. */

export interface BoundedBody {
  /** The body as UTF-8, cut off at the limit. */
  readonly text: string
  /** Whether the body is longer than the limit. */
  readonly truncated: boolean
}

/**
 * Stops at the limit, which closes the connection.
 *
 * @param body none counts as empty
 * @param limit in bytes
 * @param isEnough gets each chunk; true ends the reading early
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
  isEnough: (chunk: Uint8Array) => boolean = () => false,
): Promise<BoundedBody> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size > limit || isEnough(chunk)) break
  }
  return { text: Buffer.concat(chunks).subarray(0, limit).toString('utf8'), truncated: size > limit }
}
