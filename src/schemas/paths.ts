/** Every path that the server responds to, relative to the issuer. */
export const PATHS = {
  authorize: '/authorize',
  pushedRequests: '/par',
  token: '/token',
  deviceAuthorization: '/device_authorization',
  register: '/register',
  clientConfiguration: '/register/:client_id',
  userinfo: '/userinfo',
  revoke: '/revoke',
  introspect: '/introspect',
  jwks: '/jwks',
  login: '/login',
  /** GET: the page of a person; POST: the choice of an account within an authorization. */
  account: '/account',
  accountApps: '/account/apps',
  accountSessions: '/account/sessions',
  accountProfile: '/account/profile',
  accountPassword: '/account/password',
  accountDeletion: '/account/deletion',
  accountData: '/account/data',
  consent: '/consent',
  device: '/device',
  deviceDecision: '/device/decision',
  logout: '/logout',
  invitation: '/invitation',
  signUp: '/sign-up',
  forgotPassword: '/forgot-password',
  resetPassword: '/reset-password',
  confirmAddress: '/confirm-address',
  home: '/',
  alive: '/healthz',
  ready: '/readyz',
} as const

export const WELL_KNOWN = {
  oauth: '/.well-known/oauth-authorization-server',
  openid: '/.well-known/openid-configuration',
} as const
