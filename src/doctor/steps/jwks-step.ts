/** The keys that MCP servers verify tokens with (RFC 7517, `jwks_uri` of RFC 8414 section 2). */
import { follow } from '../probe/follow.ts'
import { adviceForStatus, BROWSER_ORIGIN, endpointProblem, parseObject } from '../probe/expectations.ts'
import { leadsToPrivateHost } from '../../fetch/private-host.ts'
import { failed, metadataStep, passed, skipped, unanswered } from '../probe/step.ts'
import type { Context, Document, Outcome } from '../probe/step.ts'

/** Members that only a private or symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export const keysAreReadable = metadataStep('The signing keys can be read', readKeys, ['metadata'])

async function readKeys(metadata: Document, { issuer, send }: Context): Promise<Outcome> {
  const value = metadata.members['jwks_uri']
  if (value === undefined) return skipped('the metadata names no jwks_uri, so the tokens are not JWTs that others can verify')
  const finding = 'keys-unreadable'
  const expected = 'status 200 and a JSON object with a list "keys" that is not empty'
  const problem = endpointProblem(value, issuer)
  if (problem !== undefined) {
    return failed(metadata.reply, {
      finding: problem.finding,
      expected: '"jwks_uri" with an absolute URL',
      received: `jwks_uri: ${problem.words}`,
      advice: 'Publish the public address of the keys.',
    })
  }
  const sent = await follow(
    send,
    { url: String(value), headers: { accept: 'application/json', origin: BROWSER_ORIGIN } },
    (target) => !leadsToPrivateHost(issuer, target.href),
  )
  if (!sent.ok) return unanswered(sent.noReply)
  const { reply } = sent
  if (reply.status !== 200)
    return failed(reply, { finding, expected, received: `status ${reply.status}`, advice: adviceForStatus(reply.status) })
  const parsed = parseObject(reply)
  const advice = 'Without the public keys no MCP server can verify a token (RFC 7517 section 5).'
  if (!parsed.ok) return failed(reply, { finding, expected, received: parsed.received, advice })
  const keys: unknown = parsed.members['keys']
  if (!Array.isArray(keys) || keys.length === 0) {
    return failed(reply, { finding, expected, received: Array.isArray(keys) ? 'an empty list "keys"' : 'no list "keys"', advice })
  }
  const exposed = PRIVATE_MEMBERS.filter((name) => keys.some((key) => typeof key === 'object' && key !== null && name in key))
  if (exposed.length > 0) {
    // The body would show the private key.
    return failed(
      { ...reply, body: '(hidden: it holds a private key)' },
      {
        finding: 'keys-private',
        expected: 'public keys only',
        received: `the private key members ${exposed.join(', ')}`,
        advice:
          'Anybody who read this can sign tokens in your name. Take the keys offline, create new ones, and publish only their public part.',
      },
    )
  }
  return passed(keys.length === 1 ? '1 key' : `${keys.length} keys`)
}
