/**
 * Logging in at a server that is managed from afar: by authorization code with PKCE on a loopback redirect (RFC 8252), or in the browser of
 * another machine (RFC 8628). Owns the tokens, from the login to their end.
 */
import * as oauth from 'openid-client'
import { MULTI_FACTOR } from '../../domain/authorization/authentication.ts'
import { COMMAND_LINE_CLIENT_ID, MANAGEMENT_SCOPES, managementAddress } from '../../domain/management/management.ts'
import { isLoopbackHost } from '../../domain/protocol/loopback.ts'
import { awaitCallback } from '../../doctor/probe/callback.ts'
import { openBrowser } from '../../doctor/open-browser.ts'
import { CommandRefused } from '../command.ts'
import type { Call, RemoteServer } from '../command.ts'
import { openTokenFile } from './token-file.ts'
import type { Tokens } from './token-file.ts'

/** How long a login may take, and a request, in ms. */
const LOGIN_MS = 10 * 60_000
const REQUEST_SECONDS = 30
/** A token that ends within this time counts as ended, in ms. */
const MARGIN_MS = 10_000

export interface Login {
  /** A token for the management API. */
  token(): Promise<string>
  /** Another one, after a server refused that one. */
  renew(): Promise<string>
  /** Asks the person, in any case. */
  begin(): Promise<void>
  /** Ends what this account has at the server. Returns whether there was anything. */
  end(): Promise<boolean>
}

type TokenResponse = oauth.TokenEndpointResponse & oauth.TokenEndpointResponseHelpers

export function createLogin(call: Call, { issuer, byDevice }: RemoteServer): Login {
  const file = openTokenFile(call.variables, issuer)
  const target = { resource: managementAddress(issuer) }
  const say = (line: string) => void call.errors.write(`${line}\n`)
  let discovered: Promise<oauth.Configuration> | undefined
  const discover = () => (discovered ??= asSentence(issuer, discovery(issuer)))

  function keep(response: TokenResponse, before?: Tokens): string {
    const expiresAt = Date.now() + (response.expiresIn() ?? 0) * 1000
    file.write({ accessToken: response.access_token, expiresAt, refreshToken: response.refresh_token ?? before?.refreshToken })
    return response.access_token
  }

  /** @returns a new token, unless the server knows nothing of this login any more */
  async function refresh(before: Tokens): Promise<string | undefined> {
    if (before.refreshToken === undefined) return undefined
    const server = await discover()
    try {
      return keep(await oauth.refreshTokenGrant(server, before.refreshToken, target), before)
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant') return undefined
      throw sentenceOf(issuer, error)
    }
  }

  async function ask(): Promise<string> {
    const server = await discover()
    const parameters = { ...target, scope: MANAGEMENT_SCOPES.join(' ') }
    const asked: Promise<TokenResponse> = byDevice ? askByDevice(server, parameters) : askHere(server, parameters)
    return keep(await asSentence(issuer, asked))
  }

  async function askHere(server: oauth.Configuration, parameters: Record<string, string>) {
    const [state, verifier] = [oauth.randomState(), oauth.randomPKCECodeVerifier()]
    const callback = await awaitCallback({ state, signal: new AbortController().signal, waitMs: LOGIN_MS, say })
    try {
      const url = oauth.buildAuthorizationUrl(server, {
        ...parameters,
        redirect_uri: callback.redirectUri,
        state,
        ...termsOf(issuer).asked,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      say(`Log in at ${issuer} in your browser:\n  ${url.href}`)
      const { openBrowser: open = openBrowser } = call
      open(url.href)
      const answer = await callback.answer
      if (answer === undefined) throw new CommandRefused('Nobody logged in. On a machine without a browser, add --device.')
      const returned = new URL(`${callback.redirectUri}?${answer}`)
      return await oauth.authorizationCodeGrant(server, returned, { expectedState: state, pkceCodeVerifier: verifier }, target)
    } finally {
      callback.close()
    }
  }

  async function askByDevice(server: oauth.Configuration, parameters: Record<string, string>) {
    const device = await oauth.initiateDeviceAuthorization(server, parameters)
    say(`Open ${device.verification_uri} in any browser, and enter this code:\n  ${device.user_code}`)
    return oauth.pollDeviceAuthorizationGrant(server, device, target)
  }

  /** Nobody sits in front of a script. */
  async function askIfThere(): Promise<string> {
    if (call.input.isTTY === true || byDevice) return ask()
    throw new CommandRefused(`You are not logged in at ${issuer}. Log in with: ${call.program} login --server ${issuer}`)
  }

  return {
    async token() {
      const kept = file.read()
      if (kept === undefined) return askIfThere()
      return kept.expiresAt > Date.now() + MARGIN_MS ? kept.accessToken : ((await refresh(kept)) ?? askIfThere())
    },
    async renew() {
      return (await refresh(file.read()!)) ?? askIfThere() // `token` has just read or written it
    },
    async begin() {
      await ask()
    },
    async end() {
      const kept = file.read()
      if (kept?.refreshToken !== undefined) {
        // If the server can't be reached, its token ends by itself; the file goes in any case.
        await discover()
          .then((server) => oauth.tokenRevocation(server, kept.refreshToken!))
          .catch((error: unknown) => say(`The server did not hear of it: ${(error as Error).message}`))
      }
      return file.forget()
    },
  }
}

/** A server of this machine may speak plain HTTP (config/addresses.ts); managing any other takes a second factor. */
export function termsOf(issuer: string) {
  const { protocol, hostname } = new URL(issuer)
  return {
    execute: protocol === 'http:' ? [oauth.allowInsecureRequests] : [],
    asked: isLoopbackHost(hostname) ? {} : { acr_values: MULTI_FACTOR },
  }
}

function discovery(issuer: string): Promise<oauth.Configuration> {
  const options = { algorithm: 'oauth2', execute: termsOf(issuer).execute, timeout: REQUEST_SECONDS } as const
  return oauth.discovery(new URL(issuer), COMMAND_LINE_CLIENT_ID, undefined, oauth.None(), options)
}

/** What a login can't do, in a sentence. */
const asSentence = <T>(issuer: string, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw sentenceOf(issuer, error)
  })

function sentenceOf(issuer: string, error: unknown): unknown {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return new CommandRefused(`${issuer} refuses the login: ${error.error_description ?? error.error}.`)
  }
  if (error instanceof CommandRefused) return error
  return new CommandRefused(`${issuer} does not answer as a server that can be managed: ${reasonOf(error)}.`)
}

/** What was wrong with a request: `fetch` says it in the cause of its error. */
export function reasonOf(error: unknown): string {
  const { cause = error } = error as Error
  return (cause as Error).message
}
