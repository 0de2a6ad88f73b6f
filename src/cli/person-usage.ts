/** What can be said of a person on the command line; person-options.ts reads it. */
const NAMES = [
  ...['email', 'name', 'given-name', 'family-name', 'middle-name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate'],
  ...['zoneinfo', 'locale', 'phone', 'address', 'street', 'locality', 'region', 'postal-code', 'country'],
]

export const PERSON_OPTIONS = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' as const }]))

export const PERSON_USAGE = `[--email ADDRESS] [--name FULL] [--given-name GIVEN] [--family-name FAMILY]
      [--middle-name MIDDLE] [--nickname NICKNAME] [--profile URL] [--picture URL] [--website URL] [--gender WORD]
      [--birthdate YYYY-MM-DD] [--zoneinfo Asia/Seoul] [--locale ko-KR] [--phone +8221234567] [--address WHOLE]
      [--street LINES] [--locality CITY] [--region REGION] [--postal-code CODE] [--country COUNTRY]`
