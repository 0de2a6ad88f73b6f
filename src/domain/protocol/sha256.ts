/** SHA-256 in base64url, for stored secrets, challenges and thumbprints. */
import { hash } from 'node:crypto'

export const sha256 = (text: string): string => hash('sha256', text, 'base64url')
