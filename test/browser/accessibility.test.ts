import t from 'tap'
import { withoutChromium } from '#test/support/processes/chromium.ts'
import { checkPages } from './axe.ts'

t.test('nobody meets an obstacle on a page that axe can see', { skip: withoutChromium }, async (t) => checkPages(t))
