/**
 * What is known of a filled installation besides its database: the settings that it ran with, and the passwords, secrets and
 * tokens that it handed out. A release keeps these in `facts.json` beside its database; the tests use them. What a later
 * version adds here is optional, because the facts of earlier releases never change.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JWK } from 'jose'

export interface KnownPerson {
  readonly username: string
  readonly password: string
  /** What UserInfo says about the person when every scope was allowed. */
  readonly userinfo: Readonly<Record<string, unknown>>
}

export interface KnownClient {
  readonly id: string
  readonly method: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  readonly redirectUri: string
  readonly secret?: string
  /** The secret before, which still counts. */
  readonly previousSecret?: string
  readonly privateJwk?: JWK
  readonly registrationToken?: string
  readonly previousRegistrationToken?: string
  /** What registration answered last, without ids and secrets. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface KnownResource {
  readonly id: string
  readonly identifier: string
  readonly secret: string
  readonly scopes: readonly string[]
}

/** What came of one authorization. */
export interface KnownTokens {
  /** A name of `clients`. */
  readonly client: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly idToken?: string
}

type ListName = 'users' | 'clients' | 'resources' | 'initialAccessTokens' | 'keys' | 'events'

/** What earlier versions had none of. */
type LaterListName = 'groups' | 'providers' | 'admissionRules' | 'links'

export interface Facts {
  /** Of the program that filled the database. */
  readonly version: string
  /** Whether its consents name who receives responses; those of 0.1.0 don't, and count no more. */
  readonly receivers?: boolean
  /** The ids of clients about which an operator decided, or didn't. */
  readonly approvals?: { readonly approved: string; readonly refused: string; readonly waiting: string }
  /** When the last of it happened, in ms. */
  readonly at: number
  /** Environment variables; DATABASE_URL is up to the test. */
  readonly settings: Readonly<Record<string, string>>
  /** How many rows each table has. */
  readonly rows: Readonly<Record<string, number>>
  readonly people: {
    /** Can log in. */
    readonly active: readonly KnownPerson[]
    readonly disabled: KnownPerson
    /** Failed so often that nobody may log in under this name for a while. */
    readonly lockedOut: string
  }
  /** The cookies of browsers. */
  readonly browsers: Readonly<Record<'loggedIn' | 'leaving' | 'loggedOut' | 'idle', Readonly<Record<string, string>>>>
  readonly clients: Readonly<Record<string, KnownClient>>
  /** The hash of the cookie of a console that is open; earlier versions had none. */
  readonly consoleHash?: string
  /** What got the shared client registered: the same again leads to the same client. */
  readonly sharedRegistration: Readonly<Record<string, unknown>>
  readonly initialAccessTokens: Readonly<Record<'limited' | 'unlimited' | 'expired' | 'deleted', string>>
  readonly resources: Readonly<Record<'planets' | 'moons' | 'comets', KnownResource>>
  readonly grants: {
    /** Refreshed over several days; `used` are the earlier refresh tokens, the oldest first. */
    readonly refreshed: KnownTokens & { readonly used: readonly string[] }
    /** Refreshed a moment ago: the token before still works. */
    readonly withinGrace: KnownTokens & { readonly used: readonly string[] }
    /** Both it and the token that came of it were used: the first one ends all, grace time or not. */
    readonly superseded: KnownTokens & { readonly used: readonly string[] }
    /** Without `offline_access`: it ends when the person logs out in the browser `leaving`. */
    readonly untilLogout: KnownTokens
    /** Bound to a key by DPoP. */
    readonly bound: KnownTokens & { readonly privateJwk: JWK }
    /** For the resource `moons`, whose tokens are opaque. */
    readonly opaque: readonly KnownTokens[]
    /** For the resource `comets`, whose tokens are signed by RS256. */
    readonly comets: KnownTokens
    /** With claims about the person that the request named; `userinfo` is what they come to. */
    readonly claims: KnownTokens & { readonly userinfo: Readonly<Record<string, unknown>> }
    /** A personal access token of helen's for the resource `moons`. */
    readonly personalToken?: string
    /** The same person in the eyes of a client whose subjects are pairwise. */
    readonly pairwise: KnownTokens & { readonly subject: string }
    /** The access token was signed by a key that has retired since. */
    readonly signedByRetiredKey: KnownTokens
    /** The access token alone was revoked. */
    readonly accessTokenRevoked: KnownTokens
    /** Each ended in a way of its own: nothing of it counts any more. */
    readonly dead: Readonly<Record<string, KnownTokens>>
    /** Tokens that a client got for itself. */
    readonly ownOpaque: { readonly client: string; readonly accessToken: string }
    readonly ownJwt: { readonly client: string; readonly accessToken: string }
    /** The same of a client that was disabled, and enabled again: from before, which are dead, and since. */
    readonly ownBeforeDisabled: readonly { readonly client: string; readonly accessToken: string }[]
    readonly ownSinceEnabled: readonly { readonly client: string; readonly accessToken: string }[]
    /** An id_token of the first key, which is long gone. */
    readonly oldIdToken: string
  }
  /** What waits for somebody, or did. Codes are of the client `app`. */
  readonly waiting: {
    readonly code: string
    /** The request named no redirect URI. */
    readonly codeWithoutRedirect: string
    readonly plainCode: string
    readonly boundCode: string
    readonly expiredCode: string
    readonly usedCode: { readonly code: string; readonly refreshToken: string }
    readonly boundKey: JWK
    readonly pushed: Readonly<Record<'waiting' | 'used', string>>
    readonly devices: Readonly<
      Record<'waiting' | 'allowed' | 'denied' | 'redeemed' | 'expired', { readonly deviceCode: string; readonly userCode: string }>
    >
    /** A client assertion and a DPoP proof that were used. */
    readonly usedAssertion: string
    readonly usedProof: string
  }
  /** The addresses of one-use links; versions up to 0.1.0 had none. */
  readonly links?: Readonly<Record<'used' | 'revoked' | 'invitation' | 'reset', string>>
  /** An identity provider by which people log in: its name, and the claim that a rule admits; versions up to 0.1.0 had none. */
  readonly provided?: { readonly name: string; readonly subject: string; readonly groups: readonly string[] }
  /** Clients that have yet to hear that a session ended. */
  readonly logoutNotices: readonly { readonly clientId: string; readonly userId: string }[]
  readonly keys: {
    readonly published: readonly string[]
    readonly revoked: string
    /** They sign within the hour after `at`, by algorithm. */
    readonly next: Readonly<Record<string, string>>
  }
  /** What an operator sees: the JSON of the commands that list. */
  readonly lists: Readonly<Record<ListName, readonly Readonly<Record<string, unknown>>[]>> &
    Readonly<Partial<Record<LaterListName, readonly Readonly<Record<string, unknown>>[]>>>
}

const FOLDER = new URL('../fixtures/', import.meta.url)

/** The releases whose installations are kept, by version. */
export const RELEASES: readonly string[] = readdirSync(FOLDER).sort()

/** A file of a release. */
export const fixture = (release: string, name: string): string => fileURLToPath(new URL(`${release}/${name}`, FOLDER))

export const factsOf = (release: string): Facts => JSON.parse(readFileSync(fixture(release, 'facts.json'), 'utf8')) as Facts
