/** On a machine that others use, a server may shed load or time out once: that alone must not cost a run its figures. */
const ATTEMPTS = 3

/** To the person who watches. */
export const say = (line: string): unknown => process.stderr.write(line)

/**
 * @param name of what is measured
 * @param log takes a line for each attempt that failed and is repeated
 * @throws the error of the last attempt
 */
export async function again<T>(name: string, log: (line: string) => unknown, measure: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure()
    } catch (error) {
      const message = `${name}: ${(error as Error).message}`
      if (attempt === ATTEMPTS) throw new Error(message, { cause: error })
      log(`${message}; once more\n`)
    }
  }
}
