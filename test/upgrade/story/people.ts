/** Everybody who can log in, or could. */
import type { Login } from '#test/upgrade/requests.ts'
import type { Timeline } from './timeline.ts'

const person = (username: string): Login => ({ username, password: `the password of ${username} 🔑` })

export const PEOPLE = {
  admin: person('admin'),
  /** All is known of her. */
  helen: person('helen'),
  /** Nothing is. */
  minjun: person('김민준'),
  /** Was disabled, and is enabled again. */
  greta: person('greta'),
  /** Is disabled. */
  oscar: person('oscar'),
  /** Is deleted. */
  ruth: person('ruth'),
} as const

/** Nobody is called so, but somebody tries. */
export const LOCKED_OUT = 'mallory'

const HELEN = `
  --email helen@example.com --name "Helen 'of \\Troy' 🪐" --given-name Helen --family-name K --middle-name M --nickname Nell
  --profile https://helen.example/me --picture https://helen.example/me.png --website https://helen.example --gender female
  --birthdate 0000-02-29 --zoneinfo Asia/Seoul --locale ko-KR --phone "+82 2 123 4567" --address "1 Main Street, Seoul" --street "1 Main Street"
  --locality 서울 --region Seoul --postal-code 04524 --country KR`

export async function addPeople({ command }: Timeline): Promise<void> {
  const add = ({ username, password }: Login, more = '') => command(`user add ${username} --password-stdin ${more}`, password)
  await add(PEOPLE.helen, HELEN.replaceAll('\n', ' '))
  await add(PEOPLE.minjun)
  await add({ ...PEOPLE.greta, password: 'the password before' }, '--email greta@example.com')
  await add(PEOPLE.oscar)
  await add(PEOPLE.ruth)
  await command('group add astronomers --description "All who look up"')
  await command('group add nobody')
  await command('group join astronomers helen')
  await command('group join astronomers greta')
  await command('group leave astronomers greta')
  await command('group delete nobody --yes')
}

/** What became of some of them; sessions and grants end with it. */
export async function changePeople({ command }: Timeline): Promise<void> {
  await command(`user update greta --email greta@example.org --locale de`)
  await command('user passwd greta --password-stdin', PEOPLE.greta.password)
  await command('user role greta operator')
  await command('user disable greta')
  await command('user enable greta')
  await command('user unlock greta')
}
