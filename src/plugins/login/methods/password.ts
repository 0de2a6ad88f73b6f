/** A password: the first factor of who has one. */
import { verifyPassword } from '../../../crypto/password.ts'
import { PASSWORD_LOGIN } from '../../../domain/authorization/authentication.ts'
import type { User } from '../../../domain/user/user.ts'
import type { LoginMethod, MethodSettings } from './method.ts'

export const password: LoginMethod = {
  name: 'password',
  factor: 'first',
  amr: PASSWORD_LOGIN.amr,
  counts: ({ passwordLogin }) => passwordLogin !== 'off',
  askFirst: async ({ settings }) => ({ model: { password: settings.passwordLogin } }),
}

/** Whether a password lets somebody in here: with `admin`, only the administrator's does. */
export const mayUsePassword = ({ origin }: Pick<User, 'origin'>, { passwordLogin }: Pick<MethodSettings, 'passwordLogin'>): boolean =>
  passwordLogin === 'on' || (passwordLogin === 'admin' && origin === 'environment')

/** Somebody who may not is answered as after a wrong password, and as late: so is a name that no account has. */
export async function checkPassword(
  user: User | undefined,
  typed: string,
  settings: Pick<MethodSettings, 'passwordLogin'>,
): Promise<boolean> {
  const isRight = await verifyPassword(typed, user?.passwordHash)
  return isRight && user !== undefined && user.disabledAt === undefined && mayUsePassword(user, settings)
}
