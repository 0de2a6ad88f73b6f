import t from 'tap'
import { SECOND_FACTOR_RULES, SET_UP_MS, needsOf } from '#src/domain/user/factors.ts'
import { countingHere } from '#src/plugins/login/methods/methods.ts'
import { NOW } from '#test/support/records.ts'

const YES_NO = [true, false] as const

t.test(
  'whether somebody needs a second factor, and may set one up with a password, follows from the rule, the account and the host',
  async (t) => {
    let cells = 0
    for (const secondFactor of SECOND_FACTOR_RULES)
      for (const origin of ['environment', 'operator'] as const)
        for (const age of [0, SET_UP_MS - 1, SET_UP_MS])
          for (const hasCodes of YES_NO)
            for (const hasPasskeys of YES_NO)
              for (const isOwnMachine of YES_NO)
                for (const rpId of ['auth.example.com', undefined]) {
                  const counting = countingHere({ secondFactor, rpId, passwordLogin: 'on' })
                  const standing = { origin, createdAt: NOW - age, hasCodes, hasPasskeys }
                  const needs = needsOf(standing, { secondFactor, isOwnMachine, counting }, NOW)
                  const hasOne = hasCodes || hasPasskeys
                  const ruled = { off: false, offered: false, operators: origin === 'environment', everyone: true }[secondFactor]
                  t.strictSame(
                    needs,
                    {
                      hasCodes: secondFactor === 'off' ? false : hasCodes,
                      hasPasskeys: rpId === undefined ? false : hasPasskeys,
                      isRequired: secondFactor === 'off' ? false : ruled || hasOne,
                      maySetUp: hasOne ? false : isOwnMachine || age < SET_UP_MS,
                    },
                    JSON.stringify({ secondFactor, origin, age, hasCodes, hasPasskeys, isOwnMachine, rpId }),
                  )
                  cells++
                }
    t.equal(cells, 4 * 2 * 3 * 2 * 2 * 2 * 2)
  },
)
