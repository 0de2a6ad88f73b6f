/** What `import t from 'tap'` gives to a test file: the test that stands for the file in its group, or tap itself where it runs alone. */
import t from 'tap'
import { currentTest } from './current-test.ts'

export default currentTest() ?? t
