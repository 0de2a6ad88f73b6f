/** The store of devices that wait for a user (RFC 8628; threat-model.md T7). */
import type { DeviceAuthorization } from '../../domain/device/device-authorization.ts'
import { run, single, statement, stepsOf, unit } from '../driver.ts'
import type { Driver, Row, Unit } from '../driver.ts'
import { issue } from './grant-transitions.ts'
import { instant, json, optionalText, text } from './rows.ts'
import type { DeviceAuthorizations } from '../storage.ts'

const INSERT = statement(`
  insert into device_authorizations (device_code_hash, user_code_hash, client_id, parameters, created_at, expires_at, grant_id)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (user_code_hash) do nothing
  returning device_code_hash`)
const FIND = statement('select * from device_authorizations where device_code_hash = $1')
const FIND_WAITING = statement('select * from device_authorizations where user_code_hash = $1 and decision is null and expires_at > $2')
const DECIDE = statement(`
  update device_authorizations set decision = $3
  where device_code_hash = $1 and decision is null and expires_at > $2
  returning grant_id`)

export function createDeviceAuthorizations(driver: Driver): DeviceAuthorizations {
  return {
    async insert({ deviceCodeHash, grantId, userCodeHash, clientId, parameters, createdAt, expiresAt }) {
      return (
        (
          await driver.write(
            single(INSERT, deviceCodeHash, userCodeHash, clientId, JSON.stringify(parameters), createdAt, expiresAt, grantId),
          )
        ).length === 1
      )
    },
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

function toDeviceAuthorization(row: Row): DeviceAuthorization {
  return {
    deviceCodeHash: text(row, 'device_code_hash'),
    grantId: text(row, 'grant_id'),
    userCodeHash: text(row, 'user_code_hash'),
    clientId: text(row, 'client_id'),
    parameters: json(row, 'parameters'),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    decision: optionalText(row, 'decision') as DeviceAuthorization['decision'],
  }
}
