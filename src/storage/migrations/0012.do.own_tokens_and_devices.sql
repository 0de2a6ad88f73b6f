-- Access tokens that a client got for itself, where they are no JWT: there is no grant, and no person.
create table client_tokens (
  token_hash text primary key,
  client_id text not null references clients (id) on delete cascade,
  jti text not null, -- by which it is revoked
  resource_id text, -- no reference, as in access_tokens
  claims text not null, -- JSON
  issued_at bigint not null,
  expires_at bigint not null
);
create index client_tokens_client_id on client_tokens (client_id);
create index client_tokens_expires_at on client_tokens (expires_at);

-- What a client got for itself before an operator disabled it stays dead once it is enabled again.
alter table clients add column enabled_at bigint;

-- A device that waits for a person (RFC 8628). Once it is allowed, its device code is an authorization code like any other.
create table device_authorizations (
  device_code_hash text primary key,
  user_code_hash text not null unique,
  client_id text not null references clients (id) on delete cascade,
  parameters text not null, -- JSON: what the device asked for, judged anew when a person looks at it
  created_at bigint not null,
  expires_at bigint not null,
  decision text -- null while it waits; 'allowed' or 'denied'
);
create index device_authorizations_client_id on device_authorizations (client_id);
create index device_authorizations_expires_at on device_authorizations (expires_at);
