import t from 'tap'
import { timestamp } from '#src/crypto/random.ts'
import { hashDeviceCode } from '#src/domain/device/device-codes.ts'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { grantOf } from '#test/support/authorization.ts'
import { CALLBACK } from '#test/support/conversation.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'

const YEAR = 365 * 86_400_000

t.test("the id of a client, a grant and a device begins with the record's createdAt", async (t) => {
  const made = await createDeviceConversation(t)
  made.clock.now += YEAR
  const registered = await made.register({ redirect_uris: [CALLBACK] })
  const { client_id: id } = registered.json<{ client_id: string }>()
  const client = await made.storage.clients.find(id)
  t.equal(client!.createdAt, made.clock.now)
  t.equal(id, `client_${timestamp(made.clock.now)}${id.slice(-14)}`)

  const { code } = await made.authorize()
  const grant = await grantOf(made, code)
  t.equal(grant.createdAt, made.clock.now)
  t.ok(grant.id.startsWith(timestamp(made.clock.now)), grant.id)

  const { device_code: deviceCode } = await made.ask()
  const presented = parseTokenHandle(deviceCode, hashDeviceCode)!
  const device = await made.storage.deviceAuthorizations.find(presented.hash)
  t.equal(device!.createdAt, made.clock.now)
  t.ok(device!.grantId.startsWith(timestamp(made.clock.now)), device!.grantId)
})
