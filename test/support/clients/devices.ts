/** A device that asks, and the person who connects it. */
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import type { DeviceAuthorizationResponse } from '#src/schemas/device-authorization.ts'
import { ADMIN } from '../app.ts'
import { pageOf } from '../authorization.ts'
import { createConversation } from '../conversation.ts'
import type { Parameters as Form, Registered, Tokens } from '../conversation.ts'
import type { Page, Person } from '../people/person.ts'

export const DEVICE = { client_name: 'Observatory TV', grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT] }

/** A conversation whose client has the device grant. */
export async function createDeviceConversation(...[t, { metadata, ...options } = {}]: Parameters<typeof createConversation>) {
  const made = await createConversation(t, { metadata: { ...DEVICE, ...metadata }, ...options })
  const { send, person: somebody, config } = made

  const ask = async (form: Form = {}, as?: Registered) =>
    (await send('/device_authorization', form, as)).json<DeviceAuthorizationResponse>()
  /** Asks for the token; the clock goes on as a patient device waits. */
  const poll = async ({ device_code }: DeviceAuthorizationResponse, form: Form = {}, as?: Registered) => {
    made.clock.now += 5000
    return send('/token', { grant_type: DEVICE_CODE_GRANT, device_code, ...form }, as)
  }
  const outcome = async (...args: Parameters<typeof poll>) => (await poll(...args)).json<Tokens & { error?: string }>()

  /** The page that asks for the code, after a login if need be. */
  async function openForm(who: Person = somebody, path = '/device'): Promise<Page> {
    const page = pageOf(await who.open(config.issuer + path))
    return /type="password"/.test(page.html) ? pageOf(await who.submit(page, ADMIN)) : page
  }
  /** The page that asks whether to allow it. */
  const enter = async (userCode: string, who: Person = somebody) => pageOf(await who.submit(await openForm(who), { user_code: userCode }))
  const decide = async (decision: 'allow' | 'deny', userCode: string, who: Person = somebody) =>
    pageOf(await who.submit(await enter(userCode, who), { decision }))

  return { ...made, ask, poll, outcome, openForm, enter, decide }
}
