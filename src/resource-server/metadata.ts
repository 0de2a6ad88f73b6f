/** Where protected resource metadata is found (RFC 9728 section 3.1). */
import { resourceMetadataUrl, resourceMetadataUrls } from '../domain/protocol/discovery-urls.ts'

export const metadataUrl = (resource: string): string => resourceMetadataUrl(resource)

/** Every path that must answer with the metadata. */
export const metadataPaths = (resource: string): string[] => [
  ...new Set(resourceMetadataUrls(resource).map((url) => new URL(url).pathname)),
]
