import t from 'tap'
import { openPreparedDriver } from '#test/support/memory-storage.ts'
import { conformance } from '../conformance/conformance.ts'

await conformance(t, openPreparedDriver)
