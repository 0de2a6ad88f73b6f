/** The languages, as pages use them. */
export { createLanguages, fill, shown } from '../../config/languages.ts'
export type { Language, Languages } from '../../config/languages.ts'
