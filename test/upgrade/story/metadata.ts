/** What some clients register, so that every member is kept by one of them. */

export const FULL_METADATA = {
  client_name: 'Web "client" 🪐',
  'client_name#ko': '웹 클라이언트',
  client_uri: 'https://web.example/',
  logo_uri: 'https://web.example/logo.png',
  tos_uri: 'https://web.example/terms',
  policy_uri: 'https://web.example/policy',
  'policy_uri#de': 'https://web.example/de/policy',
  redirect_uris: ['https://web.example/callback', 'https://web.example/other'],
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid profile email address phone offline_access planets:read',
  contacts: ['helen@web.example'],
  software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
  software_version: '0.1.37',
  application_type: 'web',
  id_token_signed_response_alg: 'PS256',
  userinfo_signed_response_alg: 'EdDSA',
  default_max_age: 86_400,
  require_auth_time: true,
  default_acr_values: ['urn:example:password'],
  initiate_login_uri: 'https://web.example/login',
  post_logout_redirect_uris: ['https://web.example/bye'],
  backchannel_logout_uri: 'https://web.example/back-channel',
  backchannel_logout_session_required: true,
}

/** It asks for everything that makes requests safer, so that it takes part in no other way. */
export const STRICT_METADATA = {
  redirect_uris: ['https://strict.example/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks_uri: 'https://strict.example/jwks.json',
  request_uris: ['https://strict.example/request.jwt'],
  request_object_signing_alg: 'ES256',
  require_signed_request_object: true,
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
}

export const SHARED_REGISTRATION = {
  client_name: 'Shared',
  redirect_uris: ['https://shared.example/callback'],
  token_endpoint_auth_method: 'none',
}

export const DOCUMENT = {
  client_id: 'https://document.example/client.json',
  client_name: 'By its document',
  redirect_uris: ['https://document.example/callback'] as const,
  token_endpoint_auth_method: 'none',
}
