/** A program in place of cloudflared, which prints what that prints. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

export const ADDRESS = 'https://quick-brown-fox.trycloudflare.com'
export const BANNER = `echo "INF |  Your quick Tunnel has been created! Visit it at: |" >&2; echo "INF |  ${ADDRESS}  |" >&2`

export interface PlayedCloudflared {
  readonly folder: string
  readonly path: string
  /** What it was started with, each time: its pid, its arguments, its token, and our secret. */
  calls(): { readonly pid: number; readonly words: string }[]
}

/** @param what it does then, in the words of a shell */
export function installCloudflared(t: Test, what: string): PlayedCloudflared {
  const folder = t.testdir()
  const [bin, file] = [join(folder, 'bin'), join(folder, 'calls')]
  mkdirSync(bin)
  writeFileSync(file, '')
  writeFileSync(join(bin, 'cloudflared'), `#!/bin/sh\necho "$$ $* token=$TUNNEL_TOKEN secret=$SECRET" >> ${file}\n${what}\n`)
  chmodSync(join(bin, 'cloudflared'), 0o755)
  return {
    folder,
    path: `${bin}:${process.env['PATH']}`,
    calls: () => [...readFileSync(file, 'utf8').matchAll(/^(\d+) (.*)$/gm)].map(([, pid, words]) => ({ pid: Number(pid), words: words! })),
  }
}
