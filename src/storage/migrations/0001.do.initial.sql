-- Columns are text and bigint only: instants in milliseconds, flags 0 or 1, documents as JSON text. Runs on SQLite and PostgreSQL.

create table users (
  id text primary key,
  username text not null unique, -- canonical form (domain/username.ts)
  password_hash text not null,
  origin text not null, -- 'environment' or 'person'
  profile text not null, -- JSON: name, given_name, family_name, picture, locale
  email text,
  email_verified bigint not null,
  disabled_at bigint,
  created_at bigint not null,
  updated_at bigint not null
);

create table clients (
  id text primary key,
  secret_hash text,
  metadata text not null, -- JSON
  origin text not null, -- 'registration' or 'person'
  created_at bigint not null,
  last_used_at bigint,
  authorized_at bigint, -- first time that a person allowed it
  disabled_at bigint
);
create index clients_created_at on clients (created_at);

create table sessions (
  id_hash text primary key,
  user_id text not null references users (id) on delete cascade,
  auth_time bigint not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null
);
create index sessions_user_id on sessions (user_id);
create index sessions_expires_at on sessions (expires_at);

create table consents (
  user_id text not null references users (id) on delete cascade,
  client_id text not null references clients (id) on delete cascade,
  scopes text not null, -- JSON array
  resources text not null, -- JSON array
  created_at bigint not null,
  updated_at bigint not null,
  primary key (user_id, client_id)
);
create index consents_client_id on consents (client_id);

-- One authorization of one device: the family of a code, its refresh tokens and its access tokens.
create table grants (
  id text primary key,
  user_id text not null references users (id) on delete cascade,
  client_id text not null references clients (id) on delete cascade,
  scopes text not null, -- JSON array
  resources text not null, -- JSON array
  nonce text,
  auth_time bigint not null,
  created_at bigint not null,
  last_used_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index grants_user_id on grants (user_id);
create index grants_client_id on grants (client_id);
create index grants_expires_at on grants (expires_at);

create table authorization_codes (
  code_hash text primary key,
  grant_id text not null references grants (id) on delete cascade,
  redirect_uri text not null,
  redirect_uri_given bigint not null, -- RFC 6749 section 4.1.3: repeated at the token endpoint if the request held it
  code_challenge text,
  code_challenge_method text,
  created_at bigint not null,
  expires_at bigint not null,
  redeemed_at bigint
);
create index authorization_codes_grant_id on authorization_codes (grant_id);

create table refresh_tokens (
  token_hash text primary key,
  grant_id text not null references grants (id) on delete cascade,
  generation bigint not null,
  parent_hash text,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint, -- first use
  successors bigint not null,
  successor_used_at bigint
);
create index refresh_tokens_grant_id on refresh_tokens (grant_id);
create index refresh_tokens_expires_at on refresh_tokens (expires_at);

create table revoked_access_tokens (
  jti text primary key,
  expires_at bigint not null
);
create index revoked_access_tokens_expires_at on revoked_access_tokens (expires_at);

create table login_attempts (
  subject text primary key, -- 'account:NAME' or 'address:NETWORK'
  attempts bigint not null,
  expires_at bigint not null
);
create index login_attempts_expires_at on login_attempts (expires_at);

create table signing_keys (
  kid text primary key,
  alg text not null,
  generation bigint not null,
  public_jwk text not null,
  private_jwk text not null, -- encrypted with the configured secret
  created_at bigint not null,
  unique (alg, generation)
);
