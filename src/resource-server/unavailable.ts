/** The issuer is unreachable, or can't be asked now, so a token can be neither accepted nor refused. */
export class Unavailable extends Error {}
