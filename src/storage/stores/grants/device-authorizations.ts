/** The store of devices that wait for a user (RFC 8628; threat-model.md T7). */
import type { DeviceAuthorization } from '../../../domain/device/device-authorization.ts'
import { run, single, statement, stepsOf, unit } from '../../driver.ts'
import type { Driver, Row, Unit } from '../../driver.ts'
import { issue } from './grant-issue.ts'
import { instant, json, optionalText, text } from '../rows.ts'
import type { DeviceAuthorizations, WaitingRoom } from '../../storage.ts'

const INSERT = statement(`
  insert into device_authorizations (device_code_hash, user_code_hash, client_id, parameters, created_at, expires_at, grant_id, network)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (user_code_hash) do nothing
  returning device_code_hash`)
/** Counts no further than it has to. */
const waitingOf = (column: 'client_id' | 'network', value: string, limit: string): string => `(
  select count(*) as n from (
    select 1 from device_authorizations where ${column} = ${value} and expires_at > $3 and decision is null limit ${limit}) waiting_${column})`
const COUNT_WAITING = statement(`
  select of_client.n as of_client, of_network.n as of_network
  from ${waitingOf('client_id', '$1', '$4')} of_client, ${waitingOf('network', '$2', '$5')} of_network`)
const FIND = statement('select * from device_authorizations where device_code_hash = $1')
const FIND_WAITING = statement('select * from device_authorizations where user_code_hash = $1 and decision is null and expires_at > $2')
const DECIDE = statement(`
  update device_authorizations set decision = $3
  where device_code_hash = $1 and decision is null and expires_at > $2
  returning grant_id`)

export function createDeviceAuthorizations(driver: Driver): DeviceAuthorizations {
  return {
    insert: (waiting, room) => driver.write(unit(() => insert(waiting, room))),
    async find(deviceCodeHash) {
      const [row] = await driver.read(FIND, [deviceCodeHash])
      return row && toDeviceAuthorization(row)
    },
    async findWaiting(userCodeHash, now) {
      const [row] = await driver.read(FIND_WAITING, [userCodeHash, now])
      return row && toDeviceAuthorization(row)
    },
    allow: (deviceCodeHash, grant) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const { createdAt, expiresAt } = grant
          const [waiting] = yield* run(DECIDE, deviceCodeHash, createdAt, 'allowed')
          if (waiting === undefined) return false
          const grantId = text(waiting, 'grant_id')
          const code = { codeHash: deviceCodeHash, grantId, redirectUri: '', redirectUriGiven: true, expiresAt }
          yield* stepsOf(issue({ ...grant, id: grantId }, code))
          return true
        }),
      ),
    async deny(deviceCodeHash, now) {
      return (await driver.write(single(DECIDE, deviceCodeHash, now, 'denied'))).length === 1
    },
  }
}

function* insert(
  { deviceCodeHash, grantId, userCodeHash, clientId, network, parameters, createdAt, expiresAt }: DeviceAuthorization,
  { perClient, perNetwork }: WaitingRoom,
): Unit<'inserted' | 'taken' | 'full'> {
  const [waiting] = yield* run(COUNT_WAITING, clientId, network ?? '', createdAt, perClient, perNetwork)
  if (instant(waiting!, 'of_client') >= perClient || instant(waiting!, 'of_network') >= perNetwork) return 'full'
  const asked = JSON.stringify(parameters)
  const rows = yield* run(INSERT, deviceCodeHash, userCodeHash, clientId, asked, createdAt, expiresAt, grantId, network ?? null)
  return rows.length === 1 ? 'inserted' : 'taken'
}

function toDeviceAuthorization(row: Row): DeviceAuthorization {
  return {
    deviceCodeHash: text(row, 'device_code_hash'),
    grantId: text(row, 'grant_id'),
    userCodeHash: text(row, 'user_code_hash'),
    clientId: text(row, 'client_id'),
    network: optionalText(row, 'network'),
    parameters: json(row, 'parameters'),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    decision: optionalText(row, 'decision') as DeviceAuthorization['decision'],
  }
}
