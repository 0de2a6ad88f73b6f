/** What a browser's tab says: the page, then whose it is. */
import { errorKind } from './page-helpers.ts'
import type { Language, Languages } from './page-language.ts'
import type { PageModels, PageName } from './page-models.ts'
import type { describeService } from './service-pages.ts'

export function titleOf(
  languages: Languages,
  { name: serviceName, isNamed }: Pick<ReturnType<typeof describeService>, 'name' | 'isNamed'>,
  language: Language,
  page: PageName,
  model: PageModels[PageName],
): string {
  if (page === 'home' && isNamed) return serviceName
  const title =
    'heading' in model
      ? languages.translate(language, model.heading.key, model.heading.values)
      : languages.translate(language, keyOf(page, model))
  // A screen reader reads the title first: a form that comes back has to say that something was wrong with it.
  const failed = 'problem' in model && model.problem !== undefined
  return `${failed ? languages.translate(language, 'layout.problem', { title }) : title} · ${serviceName}`
}

/** A page says in the tab what its heading says. */
function keyOf(page: PageName, model: PageModels[PageName]): string {
  if ('status' in model) return `error.heading.${errorKind(model.status, model.cause)}`
  if ('done' in model) return `${page}.${model.done}`
  return 'allowed' in model && !model.allowed ? 'device-done.denied' : `${page}.title`
}
