/** The page that the browser shows when it comes back from a login: in the colours of the server's pages, and without a request. */

const STYLE = `:root { color-scheme: light dark; --page: #eef1f8; --card: #ffffff; --text: #151b33; --muted: #4c5673 }
@media (prefers-color-scheme: dark) { :root { --page: #0a0f1f; --card: #141a2f; --text: #e9ecf7; --muted: #aab3cf } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main { box-sizing: border-box; width: min(26rem, 100vw - 2rem); padding: 1.75rem; border-radius: 16px; background: var(--card) }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25 } p { margin: 0; color: var(--muted) }`

/** Both are our own words: nothing that a request holds is shown. */
export function renderPage(heading: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
<p>${text}</p>
</main>
</body>
</html>
`
}
