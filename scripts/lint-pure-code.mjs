/** A rule of oxlint for pure code, which takes time and randomness as arguments and doesn't know the environment. */
const OBJECTS = {
  'Date.now': 'Take `now` as an argument.',
  'Math.random': 'Take new secrets as arguments.',
  'process.env': 'Only process/environment.ts and cli.ts know the environment.',
}
const FUNCTIONS = new Set(['randomBytes', 'randomUUID', 'setTimeout', 'setInterval'])

const nothingAmbient = {
  create: (context) => ({
    MemberExpression(node) {
      const message = OBJECTS[`${node.object.name}.${node.property.name ?? node.property.value}`]
      if (message !== undefined) context.report({ node, message })
    },
    NewExpression(node) {
      if (node.callee.name === 'Date' && node.arguments.length === 0) context.report({ node, message: OBJECTS['Date.now'] })
    },
    CallExpression(node) {
      if (FUNCTIONS.has(node.callee.name)) context.report({ node, message: 'Take it as an argument.' })
    },
  }),
}

export default { meta: { name: 'pure-code' }, rules: { 'nothing-ambient': nothingAmbient } }
