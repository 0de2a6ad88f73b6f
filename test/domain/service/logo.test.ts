import t from 'tap'
import { parseLogo } from '#src/domain/service/logo.ts'

const bytes = (text: string, encoding: BufferEncoding = 'latin1') => Buffer.from(text, encoding)
const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

t.test('a logo is known by its content', async (t) => {
  const table: [string, string, Buffer][] = [
    ['logo.png', 'image/png', bytes('\x89PNG\r\n\x1a\n...')],
    ['logo.jpg', 'image/jpeg', bytes('\xff\xd8\xff\xe0...')],
    ['logo.webp', 'image/webp', bytes('RIFF\x0a\x00\x00\x00WEBPVP8 ')],
    ['logo.svg', 'image/svg+xml', bytes(svg)],
    ['logo.svg', 'image/svg+xml', bytes(`\ufeff<?xml version="1.0"?>\n<!-- a > b --><!DOCTYPE svg>\n<!-- c -->${svg}`, 'utf8')],
    ['logo.svg', 'image/svg+xml', bytes("\n<svg\n width='1' xmlns = 'http://www.w3.org/2000/svg'></svg>")],
    ['logo.svg', 'image/svg+xml', bytes('<s:svg xmlns:s="http://www.w3.org/2000/svg"/>')],
  ]
  for (const [name, type, content] of table) t.strictSame(parseLogo(content), { name, type, bytes: content }, content.toString())
})

t.test('what is no image, or one that browsers would not draw, is no logo', async (t) => {
  for (const text of [
    '',
    'GIF89a',
    'RIFF....WAVE',
    '<svg>',
    '<!doctype html><svg xmlns="http://www.w3.org/2000/svg">',
    '<html><svg xmlns="http://www.w3.org/2000/svg">',
    '<a:svg xmlns:b="http://www.w3.org/2000/svg"/>',
    '<!-- <svg xmlns="http://www.w3.org/2000/svg"> -->',
    '{"svg":1}',
  ])
    t.equal(parseLogo(bytes(text)), undefined, text)
})
