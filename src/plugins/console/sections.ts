/** Every section of the console, in the order of its menu. */
import { CONSOLE } from '../../schemas/paths.ts'

export interface Section {
  readonly id: string
  readonly path: string
}

export const GROUPS: readonly { readonly id: string; readonly sections: readonly Section[] }[] = [
  { id: 'server', sections: [{ id: 'overview', path: CONSOLE.overview }] },
  {
    id: 'people',
    sections: [
      { id: 'people', path: CONSOLE.people },
      { id: 'links', path: CONSOLE.links },
      { id: 'groups', path: CONSOLE.groups },
      { id: 'rules', path: CONSOLE.rules },
      { id: 'admission', path: CONSOLE.admission },
    ],
  },
  {
    id: 'apps',
    sections: [
      { id: 'clients', path: CONSOLE.clients },
      { id: 'resources', path: CONSOLE.resources },
      { id: 'grants', path: CONSOLE.grants },
      { id: 'registration', path: CONSOLE.registration },
    ],
  },
  {
    id: 'operation',
    sections: [
      { id: 'providers', path: CONSOLE.providers },
      { id: 'keys', path: CONSOLE.keys },
      { id: 'audit', path: CONSOLE.audit },
      { id: 'settings', path: CONSOLE.settings },
    ],
  },
]

export const SECTIONS: readonly Section[] = GROUPS.flatMap(({ sections }) => sections)
