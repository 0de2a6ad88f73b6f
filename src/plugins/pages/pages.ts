/**
 * Decorates `reply.page()` and `reply.pageLanguage()`. Owns how a page is rendered, in which language, and with which headers; not what it
 * says (src/templates), nor when it is shown (the plugins that call it).
 */
import { fileURLToPath } from 'node:url'
import type {} from '@fastify/accepts'
import view from '@fastify/view'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Display } from '../../domain/authorization/authorization-request.ts'
import { directionOf } from '../../domain/language/language-ranges.ts'
import { assetPath, servicePath } from './assets.ts'
import { createEngine } from './page-helpers.ts'
import type { Language, Languages } from './page-language.ts'
import type { PageModels, PageName } from './page-models.ts'
import { titleOf } from './page-titles.ts'
import { ACCENT_FILE, describeService, serviceFiles } from './service-pages.ts'

export type PageOptions = {
  /** HTTP status; the error page's own, else 200, when left out. */
  status?: number
  /** `ui_locales` of the authorization request. */
  uiLocales?: string | undefined
  /** As a client asked (OpenID Connect Core section 3.1.2.1). */
  display?: Display | undefined
  /** The one other origin that images may come from. */
  imageOrigin?: string | undefined
  /** Where a page that depends on nothing but its language is kept once it is rendered. */
  kept?: Map<Language, string>
}

declare module 'fastify' {
  interface FastifyReply {
    /** What the layout and every partial can read as `@name`. */
    locals: Record<string, unknown> | null
    /** The language that a page for this request is in. */
    pageLanguage(uiLocales?: string): Language
    /**
     * Renders a page and sends it. A handler returns, or awaits, what this returns.
     * @throws Error if a template is broken, before anything is sent
     */
    page<Name extends PageName>(name: Name, model: PageModels[Name], options?: PageOptions): Promise<void>
  }
}

/**
 * No `form-action`: Chromium would block the redirect to the client that follows a post. No inline script or style at
 * all; a script only where the page can't do without, and even there a button does its work.
 */
function policyOf(isScripted: boolean, imageOrigin: string | undefined): string {
  const images = imageOrigin === undefined ? '' : ` ${imageOrigin}`
  const policy = `default-src 'none'; style-src 'self'; img-src 'self' data:${images}; base-uri 'none'; frame-ancestors 'none'`
  return isScripted ? `${policy}; script-src 'self'` : policy
}

/** The scripts of a page: one that posts itself, or that asks the browser for a passkey. */
function scriptsOf(name: PageName, model: object): readonly string[] {
  if (name === 'form-post') return ['form-post.js']
  return 'passkey' in model ? ['simplewebauthn.js', 'passkey.js'] : []
}

/** `same-origin`, since `no-referrer` would send `Origin: null` on our own posts. No COOP: it cuts popups off their opener. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
}

const pages: FastifyPluginAsync<{ languages: Languages }> = async (app, { languages }) => {
  const { issuer, base } = app.settings
  const { protocol, host } = new URL(issuer)
  const service = describeService(app.settings)
  const ofService = new Map([...serviceFiles(app.settings)].map(([name, { version }]) => [name, servicePath(base, name, version)]))
  const logo = app.settings.serviceLogo && ofService.get(app.settings.serviceLogo.name)
  const assets = {
    style: assetPath(base, 'style.css'),
    home: assetPath(base, 'home.css'),
    console: assetPath(base, 'console.css'),
    accent: ofService.get(ACCENT_FILE),
    logo,
    icon: logo ?? assetPath(base, 'icon.svg'),
  }

  // Decorated here so that the view plugin doesn't add a hook to every request, tokens included.
  app.decorateReply('locals', null)
  await app.register(view, {
    engine: { handlebars: createEngine(languages) },
    root: fileURLToPath(new URL('../../templates/', import.meta.url)),
    layout: 'layout.hbs',
    viewExt: 'hbs',
    // Always cached: `npm run dev` restarts on a change, and tests see what production does.
    production: true,
    defaultContext: { base, host, assets, service },
    options: { useDataVariables: true },
  })

  app.decorateReply('pageLanguage', function (this: FastifyReply, uiLocales?: string) {
    return choose(this, uiLocales)
  })

  /** The language of a reply: `ui_locales` (OpenID Connect Core section 3.1.2.1), then `Accept-Language` (RFC 9110 section 12.5.4). */
  function choose(reply: FastifyReply, uiLocales?: string): Language {
    const { ui_locales: asked } = reply.request.query as { ui_locales?: unknown }
    const wanted = (uiLocales ?? (typeof asked === 'string' ? asked : '')).split(' ')
    return languages.choose([...wanted, ...reply.request.languages()])
  }

  app.decorateReply('page', async function (this: FastifyReply, name: PageName, model: PageModels[PageName], options: PageOptions = {}) {
    const lang = choose(this, options.uiLocales)
    const scripts = scriptsOf(name, model)
    this.locals = {
      lang,
      base,
      rtl: directionOf(lang) === 'rtl',
      page: name,
      title: titleOf(languages, service, lang, name, model),
      display: options.display,
      scripts: scripts.map((script) => assetPath(base, script)),
    }
    const html = options.kept?.get(lang) ?? (await this.viewAsync(name, model))
    options.kept?.set(lang, html)

    this.code(options.status ?? ('status' in model ? model.status : 200)).headers(headers)
    this.header('content-language', lang)
    this.header('vary', [this.getHeader('vary') ?? [], 'Accept-Language'].flat().join(', '))
    this.header('content-security-policy', policyOf(scripts.length > 0, options.imageOrigin))
    if (protocol === 'https:') this.header('strict-transport-security', 'max-age=31536000')
    this.send(html)
    // Awaited, as Fastify wants of a handler that sends by itself; typed as nothing, to fit routes with response schemas.
    await this
  })
}

export default fp(pages, { name: 'pages', dependencies: ['settings', '@fastify/accepts'] })
