/** The causes and cures of what the doctor finds come with the package: an address is found from any folder. */
export const CURES = new URL('../../docs/troubleshooting.md', import.meta.url).href
