-- Identity providers by which people log in, and who they are there. Texts that are sealed are encrypted by the server, as signing keys are.
create table providers (
  id text primary key,
  name text not null unique, -- part of the redirect URI
  kind text not null, -- google, github, microsoft or oidc
  origin text not null, -- 'environment' or 'operator'
  issuer text not null,
  client_id text not null,
  client_secret text, -- sealed; null once the secret of the server is lost
  settings text not null, -- JSON
  disabled_at bigint,
  created_at bigint not null,
  updated_at bigint not null
);

create table identities (
  id text primary key,
  user_id text not null references users (id) on delete cascade,
  provider_id text not null references providers (id) on delete cascade,
  issuer text not null,
  subject text not null,
  managed bigint not null, -- 1: the provider let this person in, so that nothing else does once it doesn't
  claims text not null, -- JSON: what the provider said last
  refresh_token text, -- sealed
  linked_at bigint not null,
  last_login_at bigint not null,
  last_used_at bigint not null, -- of a session or grant that came of it, as far as it was noticed
  last_checked_at bigint not null, -- when the provider last said who this is, or that it is gone
  unreachable_since bigint, -- since when the provider can't be asked
  failed_at bigint, -- since when it is not admitted any more
  failure text, -- why
  unique (provider_id, issuer, subject)
);
create index identities_user_id on identities (user_id);
create index identities_last_checked_at on identities (last_checked_at);

-- Logins that are under way at a provider, until the browser is back: each counts once.
create table provider_attempts (
  handle_hash text primary key,
  browser_hash text not null,
  provider_id text not null references providers (id) on delete cascade,
  progress text not null, -- JSON: the transaction to go on with
  expires_at bigint not null
);
create index provider_attempts_provider_id on provider_attempts (provider_id);
create index provider_attempts_expires_at on provider_attempts (expires_at);

-- By which identity somebody logged in, and the session there; null for a password.
alter table sessions add column identity_id text;
alter table sessions add column provider_sid text;
alter table grants add column identity_id text;

-- A login by a provider asks whether somebody else has the address.
create index users_email on users (lower(email));
