/** A release that must not be made now; `message` is a sentence for the person who asked for it. */
export class ReleaseRefused extends Error {
  override readonly name = 'ReleaseRefused'
}
