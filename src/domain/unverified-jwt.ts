/** What a JWT says, before anything of it is believed: `undefined` where it says nothing that could be read. */

type Members = Readonly<Record<string, unknown>>

export const unverifiedHeader = (jwt: string): Members | undefined => parsePart(jwt, 0)

export const unverifiedClaims = (jwt: string): Members | undefined => parsePart(jwt, 1)

function parsePart(jwt: string, index: number): Members | undefined {
  try {
    const members: unknown = JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString())
    return typeof members === 'object' && members !== null && !Array.isArray(members) ? (members as Members) : undefined
  } catch {
    return undefined
  }
}
