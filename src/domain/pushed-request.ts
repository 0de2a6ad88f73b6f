/** Pushed authorization requests (RFC 9126): under which name people come with them, and how long they hold. */

/** RFC 9126 section 2.2. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** Seconds from the push until the person has to be there; what a login takes doesn't count. */
export const PUSHED_REQUEST_TTL = 90

export const pushedRequestUri = (secret: string): string => PREFIX + secret

export const isPushedRequestUri = (uri: string): boolean => uri.startsWith(PREFIX)
