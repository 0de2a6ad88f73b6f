/** Everything that is verified, in the order of a client's first connection. */
import { authorizationLeadsToLogin } from './authorization-step.ts'
import { clientIsDeleted } from './cleanup-step.ts'
import { metadataIsFound } from './discovery-step.ts'
import { keysAreReadable } from './jwks-step.ts'
import * as metadata from './metadata-steps.ts'
import * as registration from './registration-steps.ts'
import type { Step } from '../probe/step.ts'
import { madeUpCodeIsRefused, tokenErrorsAllowBrowsers, unknownClientIsRefused } from './token-steps.ts'

export const steps: readonly Step[] = [
  metadataIsFound,
  metadata.metadataIsJson,
  metadata.metadataHasNoNull,
  metadata.issuerEqualsUrl,
  metadata.registrationEndpoint,
  metadata.authorizationEndpoint,
  metadata.tokenEndpoint,
  metadata.pkceIsSupported,
  metadata.codeFlowIsSupported,
  metadata.issIsAnnounced,
  metadata.metadataAllowsBrowsers,
  keysAreReadable,
  registration.clientRegisters,
  registration.redirectUrisAreEchoed,
  registration.registrationHasNoNull,
  registration.registrationIsNotStored,
  authorizationLeadsToLogin,
  unknownClientIsRefused,
  madeUpCodeIsRefused,
  tokenErrorsAllowBrowsers,
  clientIsDeleted,
]
