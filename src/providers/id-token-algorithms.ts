/** Algorithms by which a provider may sign: anybody who knows the client secret could sign with the others (threat-model.md T21). */
export const ASYMMETRIC = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'RS384', 'RS512', 'PS384', 'PS512', 'EdDSA', 'Ed25519']
