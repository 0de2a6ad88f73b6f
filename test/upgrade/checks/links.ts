/** One-use links that were made before. */
import { openLink } from '#test/upgrade/story/links.ts'
import type { Check } from '#test/upgrade/installation.ts'

export const checkLinks: Check = async (t, installation) => {
  const { facts, storage } = installation
  const { links } = facts
  if (links === undefined) return

  await t.test('a link that was used or revoked leads nowhere', async (t) => {
    for (const url of [links.used, links.revoked]) t.equal((await openLink(installation, url)).page.status, 410)
  })

  await t.test('an invitation makes an account with its address', async (t) => {
    const { visitor, page } = await openLink(installation, links.invitation)
    const { page: done } = await visitor.submit(page, { username: 'joanna', password: 'the password of joanna' })
    t.match(done?.html, 'page-link-done')
    t.match(await storage.users.findByUsername('joanna'), { email: 'waiting@example.com', emailVerified: true })
  })

  await t.test('a reset sets another password', async (t) => {
    const { visitor, page } = await openLink(installation, links.reset)
    const { page: done } = await visitor.submit(page, { password: 'another password of his' })
    t.match(done?.html, 'page-link-done')
  })
}
