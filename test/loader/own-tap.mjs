/** What `import t from 'tap'` gives to a test file: the file's own test within its group, or tap itself if the file runs alone. */
import t from 'tap'
import { currentTest } from './current-test.ts'

export default currentTest() ?? t
