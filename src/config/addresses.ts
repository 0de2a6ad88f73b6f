/** Settings that are addresses: where the server listens, its issuer, its database, its proxies. Part of schema.ts. */
import { isIP } from 'node:net'
import { isLoopback } from '../domain/protocol/loopback.ts'
import { err, ok } from '../domain/protocol/result.ts'
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { parts } from './kinds.ts'
import type { Reading } from './kinds.ts'

/** Reads the address to bind to: a name or an address, without scheme, port or brackets. */
export function readHost(raw: string): Reading {
  const isName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(raw)
  return isName || isIP(raw) > 0 ? ok(raw) : err('be a host name or an IP address, without scheme, port or brackets')
}

/**
 * Reads the issuer identifier (RFC 8414 section 2). Clients compare it byte for byte, so it must be in its normal form. One
 * trailing slash is dropped.
 */
export function readIssuer(raw: string): Reading {
  if (!URL.canParse(raw)) return err('be an absolute URL')
  const url = new URL(raw)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return err('begin with https://')
  if (url.username !== '' || url.password !== '') return err('have neither user name nor password')
  if (raw.includes('?')) return err('have no query')
  if (raw.includes('#')) return err('have no fragment')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return err(
      'begin with https://, because passwords and tokens would cross the network in clear, and a private network is no exception ' +
        '(only localhost may use http): put a proxy that speaks TLS in front of the server and give its address here',
    )
  }
  const issuer = raw.replace(/\/$/, '')
  const normal = url.href.replace(/\/$/, '')
  // The path becomes part of routes and well-known addresses, where other characters have a special meaning.
  if (!/^(\/[\w.~-]+)*\/?$/.test(url.pathname)) return err('have a path of letters, digits and `-._~` only, without empty segments')
  return issuer === normal ? ok(issuer) : err(`be written in its normal form, ${normal}`)
}

/** Reads where the data is. Checks only the form; the start shows whether it can be opened. */
export function readDatabaseUrl(raw: string): Reading {
  if (/^postgres(ql)?:\/\//.test(raw)) {
    if (/^\w+:\/\/[^/?]*,[^/@?]*(?:[/?]|$)/.test(raw)) return err('name one host: the primary, or an address that follows it')
    return URL.canParse(raw) ? ok(raw) : err('be a valid URL: percent-encode special characters in the password')
  }
  const path = sqlitePathOf(raw)
  if (path === undefined) return err('be `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`')
  if (path === ':memory:') return ok(raw)
  if (path.startsWith(':')) return err('be `sqlite::memory:` to keep nothing')
  if (/^[~$]/.test(path)) return err('begin with `/` or `./` after the colon: nothing here replaces `~` or `$HOME`')
  if (/^file:/i.test(path) || /[?#]/.test(path)) return err('be only a path after `sqlite:`, without `file:` and without parameters')
  if (path.startsWith('//')) return err('have the path right after the colon: `sqlite:/absolute/path.db` or `sqlite:./relative.db`')
  return path.endsWith('/') ? err('name a file, not a folder') : ok(raw)
}

/** Reads which proxies may report the client's address: `none`, a number of hops, or addresses and networks. */
export function readTrustProxy(raw: string): Reading {
  if (raw.toLowerCase() === 'none' || raw === '0') return ok(false)
  if (/^\d+$/.test(raw)) return ok(Number(raw))
  const networks = parts(raw)
  if (networks.some((network) => /\/0+$/.test(network))) return err('not trust every address: then anybody could fake their address')
  return ok(networks.every(isNetwork) ? networks : undefined)
}

/** Addresses and networks. */
export function readNetworks(raw: string): Reading {
  const networks = parts(raw)
  return ok(networks.every(isNetwork) ? networks : undefined)
}

function isNetwork(entry: string): boolean {
  const [, address = '', prefix] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? []
  const version = isIP(address)
  return version > 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128))
}
