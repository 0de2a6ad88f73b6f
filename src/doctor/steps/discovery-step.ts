/** Finds the metadata the way MCP clients do: RFC 8414 section 3.1 first, then OpenID Connect Discovery 1.0 section 4. */
import { discoveryUrls } from '../../domain/protocol/discovery-urls.ts'
import { follow } from '../probe/follow.ts'
import type { Reply } from '../probe/http.ts'
import { adviceForStatus, BROWSER_ORIGIN, parseObject } from '../probe/expectations.ts'
import { leadsToPrivateHost } from '../../fetch/private-host.ts'
import { failed, noted, passed, unanswered } from '../probe/step.ts'
import type { Outcome, Step } from '../probe/step.ts'

const EXPECTED = 'status 200 and a JSON object'

export const metadataIsFound: Step = {
  title: 'The metadata is found',
  async run(context): Promise<Outcome> {
    const refused: Reply[] = []
    for (const url of discoveryUrls(context.issuer)) {
      const headers = { accept: 'application/json', 'mcp-protocol-version': '2025-11-25', origin: BROWSER_ORIGIN }
      const sent = await follow(context.send, { url, headers }, (target) => !leadsToPrivateHost(url, target.href))
      if (!sent.ok) return unanswered(sent.noReply)
      const { reply } = sent
      // After a 4xx a client tries the next address; anything else that isn't the document ends its search.
      if (reply.status >= 300 && reply.status < 500) {
        refused.push(reply)
        continue
      }
      if (reply.status !== 200) {
        return failed(reply, {
          finding: 'metadata-error',
          expected: EXPECTED,
          received: `status ${reply.status}, which ends a client's search`,
          advice: adviceForStatus(reply.status),
        })
      }
      const parsed = parseObject(reply)
      if (!parsed.ok) {
        return failed(reply, {
          finding: 'metadata-unreadable',
          expected: EXPECTED,
          received: `${parsed.received}, which ends a client's search`,
          advice: 'Answer with the metadata, or with 404 so that clients try the next address (web apps often answer every path).',
        })
      }
      context.metadata = { reply, members: parsed.members }
      return describe(url, reply)
    }
    return notFound(refused)
  },
}

function describe(url: string, reply: Reply): Outcome {
  if (reply.url !== url) return noted('metadata-redirected', `${url} redirects to ${reply.url}; not every client follows`)
  if (!url.includes('/openid-configuration')) return passed(url)
  const alone = 'only the OpenID Connect document is there; older MCP clients read /.well-known/oauth-authorization-server alone'
  return noted('metadata-openid-only', `${url}: ${alone}`)
}

function notFound(refused: Reply[]): Outcome {
  const first = refused[0] as Reply
  return failed(first, {
    finding: 'metadata-missing',
    expected: EXPECTED,
    received: refused.map((reply) => `status ${reply.status} from ${reply.url}`).join(', '),
    advice:
      'Give the address of the authorization server, not of the MCP server behind it. ' +
      'If it is right, check that a proxy lets /.well-known/ through (for an issuer with a path, it is in front of the path).',
  })
}
