/**
 * The package's main entry, for programs that run the server inside them. `loadConfig` reads no process environment by itself,
 * and `buildApp` doesn't listen. The library for MCP servers is resource-server/index.ts.
 */
export { buildApp } from './app.ts'
export type { AppOptions } from './app.ts'
export { loadConfig } from './config/config.ts'
export type { Config } from './config/config.ts'
export { loadKeyset } from './crypto/keyset.ts'
export type { Keyset, KeysetOptions } from './crypto/keyset.ts'
export type { Result } from './domain/protocol/result.ts'
export { openStorage } from './storage/open.ts'
export { StorageRefused, StorageUnavailable } from './storage/storage.ts'
export type { Storage } from './storage/storage.ts'
