/**
 * Rules of HTTP that Node leaves to us, or breaks off without a body: one `Host` in each request (RFC 9112 section 3.2), and the
 * expectation that we meet (RFC 9110 section 10.1.1). Owns their answers; not which host it is (threat-model.md T16).
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { OAuthError } from '../../../domain/protocol/errors.ts'
import { refuseExpectation } from '../client-error.ts'

const HOSTS = new OAuthError('invalid_request', 'the request must have one Host header')

/** Every second entry of `rawHeaders` is a name. Node's other views have dropped the repetitions. */
function hostsIn({ rawHeaders }: IncomingMessage): number {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts
}

const messageRules: FastifyPluginAsync = async (app) => {
  app.server.on('checkExpectation', refuseExpectation)
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const hosts = hostsIn(raw)
    done(hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1') ? HOSTS : undefined)
  })
}
export default fp(messageRules, { name: 'message-rules' })
