import t from 'tap'
import { explainNetworkError } from '#src/doctor/probe/network-error.ts'

const coded = (code: string, message = 'it broke.') => Object.assign(new Error(message), { code })
const wrapped = (cause: unknown) => new TypeError('fetch failed', { cause })

const circular = new Error('round and round')
circular.cause = circular

for (const [what, error, sentence] of [
  [
    'a refused connection on two addresses',
    wrapped(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])),
    'Nothing listens at auth.example:8443 (connection refused).',
  ],
  ['an unknown name', wrapped(coded('ENOTFOUND')), 'The name in auth.example:8443 cannot be found (DNS).'],
  ['a name server that is away', wrapped(coded('EAI_AGAIN')), 'The name in auth.example:8443 cannot be found (DNS).'],
  ['a host without a route', wrapped(coded('EHOSTUNREACH')), 'There is no network route to auth.example:8443.'],
  ['a network without a route', wrapped(coded('ENETUNREACH')), 'There is no network route to auth.example:8443.'],
  [
    'a self-signed certificate',
    wrapped(coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate')),
    'The TLS connection to auth.example:8443 failed: self-signed certificate.',
  ],
  ['an expired certificate', wrapped(coded('CERT_HAS_EXPIRED')), 'The TLS connection to auth.example:8443 failed: it broke.'],
  [
    'a certificate for another name',
    wrapped(coded('ERR_TLS_CERT_ALTNAME_INVALID')),
    'The TLS connection to auth.example:8443 failed: it broke.',
  ],
  ['a reset', wrapped(coded('ECONNRESET')), 'auth.example:8443 closed the connection without a complete answer.'],
  ['a socket closed early', wrapped(coded('UND_ERR_SOCKET')), 'auth.example:8443 closed the connection without a complete answer.'],
  [
    'another protocol',
    wrapped(coded('HPE_INVALID_CONSTANT', 'Expected HTTP/')),
    'auth.example:8443 does not answer in HTTP: Expected HTTP/.',
  ],
  ['a connection that times out', wrapped(coded('ETIMEDOUT')), 'auth.example:8443 did not answer completely within 5 s.'],
  ['a connect time-out', wrapped(coded('UND_ERR_CONNECT_TIMEOUT')), 'auth.example:8443 did not answer completely within 5 s.'],
  ['the end of our patience', new DOMException('aborted', 'TimeoutError'), 'auth.example:8443 did not answer completely within 5 s.'],
  ['a port that fetch refuses', wrapped(new Error('bad port')), 'The request to auth.example:8443 failed: bad port.'],
  ['an aggregate of nothing', wrapped(new AggregateError([], 'all failed')), 'The request to auth.example:8443 failed: all failed.'],
  ['an error that causes itself', circular, 'The request to auth.example:8443 failed: round and round.'],
  ['a thrown string', 'nonsense', 'The request to auth.example:8443 failed: nonsense.'],
] as const) {
  t.test(`a developer reads a sentence for ${what}`, async (t) => {
    const explanation = explainNetworkError(error, 'https://auth.example:8443/token', 5000)
    t.equal(explanation.sentence, sentence)
    t.match(explanation.advice, /^[A-Z].*\.$/)
  })
}

t.test('an address that cannot be parsed is shown as it is', async (t) => {
  t.equal(explainNetworkError(new Error('x'), 'http://[', 5000).sentence, 'The request to http://[ failed: x.')
})
