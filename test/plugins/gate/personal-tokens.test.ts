// A script passes the gate with the token that its owner made for it, as long as that counts.
import t from 'tap'
import { addPersonalToken } from '#test/support/people/personal-tokens.ts'
import { answerOk, createGateScene } from '#test/support/gate/gate.ts'

t.test('a script passes the gate with its owner’s token, until that is revoked', async (t) => {
  const scene = await createGateScene(t, answerOk, { env: { PERSONAL_TOKENS: 'on' } })
  await scene.gate({ identity: 'headers' })
  const resource = (await scene.storage.resources.findByIdentifier(scene.address))!
  const { id } = (await scene.storage.users.findAdministrator())!
  const { text, record } = await addPersonalToken(scene, id, resource, { scopes: [] })
  t.equal((await scene.send(text)).status, 200)
  t.match(scene.upstream.requests[0]!.headers, { 'x-auth-subject': id, 'x-auth-client': 'personal-access-token' })
  t.equal(scene.upstream.requests[0]!.headers.authorization, undefined)
  t.equal((await scene.send(undefined, { headers: { authorization: `DPoP ${text}` } })).status, 401, 'it is bound to no key')
  await scene.storage.personalTokens.revoke(record.id, id)
  t.equal((await scene.send(text)).status, 401)
})

t.test('a stream of a script ends when its owner revokes the token, and goes on in the grace time after its end', async (t) => {
  const scene = await createGateScene(
    t,
    (request, response) => {
      if (request.method === 'POST') return answerOk(request, response)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    },
    { env: { PERSONAL_TOKENS: 'on' } },
  )
  const resource = (await scene.storage.resources.findByIdentifier(scene.address))!
  const { id } = (await scene.storage.users.findAdministrator())!
  const { text, record } = await addPersonalToken(scene, id, resource, { scopes: [] })
  const stream = await scene.send(text, { method: 'GET' })
  t.equal(stream.status, 200)
  await scene.storage.personalTokens.revoke(record.id, id)
  scene.clock.now += 31_000
  t.notMatch(await stream.text(), /error/)
})
