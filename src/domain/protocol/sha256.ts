import { hash } from 'node:crypto'

/** SHA-256 in base64url: as which secrets are kept, and what challenges and thumbprints are made of. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url')
