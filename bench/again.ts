/** On a machine that others use, a server may shed load or time out once: that alone must not cost a run its figures. */
const ATTEMPTS = 3

/**
 * @param name of what is measured, for the person who watches
 * @param say takes a line for each attempt that failed and is repeated
 * @throws the error of the last attempt
 */
export async function again<T>(name: string, say: (line: string) => unknown, measure: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure()
    } catch (error) {
      const message = `${name}: ${(error as Error).message}`
      if (attempt === ATTEMPTS) throw new Error(message, { cause: error })
      say(`${message}; once more\n`)
    }
  }
}
