import t from 'tap'
import { quotesOf } from '../../scripts/quotes.ts'
import { renderCoverage } from '../../scripts/rfc-coverage.ts'

const URL = 'https://www.rfc-editor.org/rfc/rfc6749'
const read = (...lines: string[]) => quotesOf('test/x.test.ts', lines.join('\n'))
const quote = { document: URL, section: 'section-4', sentence: 'It MUST.', file: 'test/x.test.ts' }

t.test('a sentence belongs to the test right below it, wherever its lines break', async (t) => {
  t.strictSame(read(`//= ${URL}#section-4`, '//# It', '//# MUST.', "t.test('it does', async (t) => {"), [{ ...quote, test: 'it does' }])
  t.strictSame(read(`  //= ${URL}#section-4`, '  //# It MUST.', '  await t.test("it \'does\'", async () => {'), [
    { ...quote, test: "it 'does'" },
  ])
  t.strictSame(read(`//= ${URL}#section-4`, '//# It MUST.', "for (const x of y) t.test('it does')"), [quote], 'a line between them')
  t.strictSame(read(`//= ${URL}#section-4`, '//# It MUST.', '', "t.test('it does')"), [quote])
  t.strictSame(read(`//= ${URL}#section-4`, '//# It MUST.'), [quote])
})

t.test('several sentences above a test are held by it; a title may have quotes and values in it', async (t) => {
  const found = read(
    `//= ${URL}#section-4`,
    '//# It MUST.',
    `//= ${URL}#section-5`,
    '//# It SHOULD.',
    "t.test(`a '${name}' and \\`all\\``, async (t) => {",
    "t.test('another')",
  )
  t.strictSame(found, [
    { ...quote, test: "a '…' and `all`" },
    { ...quote, section: 'section-5', sentence: 'It SHOULD.', test: "a '…' and `all`" },
  ])
})

t.test('a sentence that is not met has a reason, and no test', async (t) => {
  const [first, second] = read(
    `//= ${URL}#section-4`,
    '//= type=exception',
    '//= reason=Nobody does.',
    '//# It MUST.',
    `//= ${URL}#section-5`,
    '//# It SHOULD.',
    "t.test('it does')",
  )
  t.strictSame(first, { ...quote, exception: 'Nobody does.' })
  t.match(second, { section: 'section-5', test: 'it does', exception: undefined })
  t.equal(read(`//= ${URL}#section-4`, '//= type=exception', '//# It MUST.')[0]?.exception, '', 'no reason is none')
})

t.test('the page has each sentence once, with all tests that hold it, and the exceptions apart', async (t) => {
  const page = renderCoverage([
    { ...quote, section: 'section-10', test: 'ten' },
    { ...quote, section: 'section-9', sentence: 'a | <b> "c_d" `e_f` *', test: 'nine' },
    { ...quote, section: 'section-10', file: 'test/y.test.ts', test: 'ten again' },
    { ...quote, exception: 'Nobody does.' },
    { ...quote, document: 'https://openid.net/specs/openid-connect-core-1_0.html', section: 'IDToken', test: 'id' },
    { ...quote, document: 'https://www.rfc-editor.org/rfc/rfc6750', test: 'six' },
  ])
  t.match(page, /^\| RFC 6749 \| 2 \| 1 \|\n\| RFC 6750 \| 1 \|  \|\n\| OpenID Connect Core 1\.0 \| 1 \|  \|$/m)
  t.ok(page.includes(`| [10](${URL}#section-10) | It MUST. | ten (\`test/x.test.ts\`); ten again (\`test/y.test.ts\`) |\n`))
  t.ok(page.includes(`| [9](${URL}#section-9) | a \\| \\<b> "c\\_d" \`e_f\` \\* | nine (\`test/x.test.ts\`) |\n`))
  t.ok(page.indexOf('[9](') < page.indexOf('[10]('), 'by number')
  t.match(page, /Not met, on purpose:\n\n.*\n.*\n\| \[4\]\(.*\) \| It MUST\. \| Nobody does\. \|\n\n## RFC 6750/)
  t.match(page, /^\| \[IDToken\]\(/m)
})

t.test('a document without a name is asked for one', async (t) => {
  t.throws(() => renderCoverage([{ ...quote, document: 'https://unknown.example/' }]), /name https:\/\/unknown\.example\/ in/)
})
