/** `login` and `logout`. */
import { CommandRefused } from '../command.ts'
import type { Call, RemoteServer } from '../command.ts'
import { createLogin } from './login.ts'

export async function logIn(call: Call): Promise<void> {
  const server = serverOf(call)
  await createLogin(call, server).begin()
  call.output.write(`You are logged in at ${server.issuer}.\n`)
}

export async function logOut(call: Call): Promise<void> {
  const server = serverOf(call)
  const wasThere = await createLogin(call, server).end()
  call.output.write(wasThere ? `You are logged out at ${server.issuer}.\n` : `You were not logged in at ${server.issuer}.\n`)
}

function serverOf({ server }: Call): RemoteServer {
  if (server === undefined) throw new CommandRefused('Say which server, with --server.')
  return server
}
