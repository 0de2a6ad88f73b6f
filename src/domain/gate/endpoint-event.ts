/**
 * HTTP with SSE (MCP 2024-11-05): the event `endpoint` says where to post messages. The client must post to us, so its address is always
 * replaced. Everything else passes as it comes, in the same turn.
 */

/** Longest line that is held back, in characters: an address. */
const MOST_HELD = 8192

export interface EndpointFilter {
  /** What the client gets of a chunk; `undefined` if the stream must end, because it would lead the client elsewhere. */
  push(chunk: Buffer): Buffer | undefined
}

const BYTE_ORDER_MARK = '\xEF\xBB\xBF'

/** @param replace the address for the client; `undefined` if the upstream's can't be used */
export function createEndpointFilter(replace: (address: string) => string | undefined): EndpointFilter {
  /** Of a line that hasn't ended. Bytes are letters here, so that no character is torn apart. */
  let rest = ''
  /** Whether the beginning of the line has been passed on already. */
  let isPassing = false
  let isFirstLine = true
  let hasData = false
  let isEndpoint = false

  /** One line with its end; `undefined` to end the stream. */
  function take(line: string): string | undefined {
    const text = line.replace(/[\r\n]+$/, '').replace(isFirstLine ? BYTE_ORDER_MARK : '', '')
    isFirstLine = false
    if (text === '') {
      hasData = isEndpoint = false
      return line
    }
    const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/s.exec(text) ?? []
    if (field === 'event') {
      isEndpoint = value === 'endpoint'
      return isEndpoint && hasData ? undefined : line
    }
    if (field !== 'data') return line
    const isFirst = !hasData
    hasData = true
    if (!isEndpoint) return line
    const address = isFirst ? replace(Buffer.from(value, 'latin1').toString()) : undefined
    return address && `data: ${address}\n`
  }

  /** A line that is too long to wait for its end is no address, and no name of an event. */
  function takeBeginning(): string | undefined {
    if (isEndpoint) return undefined
    hasData ||= rest.startsWith('data')
    isPassing = true
    const passed = rest
    rest = ''
    return passed
  }

  return {
    push(chunk) {
      let passed = ''
      const lines = (rest + chunk.toString('latin1')).split(/(?<=\r\n|\r(?!\n)|\n)/)
      rest = ''
      for (const [index, line] of lines.entries()) {
        const mayGoOn = line.endsWith('\r') && index === lines.length - 1
        const isWhole = /[\r\n]$/.test(line) && !mayGoOn
        if (!isPassing && !isWhole) rest = line
        else if (isPassing) {
          passed += mayGoOn ? line.slice(0, -1) : line
          rest = mayGoOn ? '\r' : ''
          isPassing = !isWhole
        } else {
          const taken = take(line)
          if (taken === undefined) return undefined
          passed += taken
        }
      }
      if (!isPassing && rest.length > MOST_HELD) {
        const taken = takeBeginning()
        if (taken === undefined) return undefined
        passed += taken
      }
      return Buffer.from(passed, 'latin1')
    },
  }
}
