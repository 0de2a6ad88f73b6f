-- A client manages its own registration (RFC 7592), and its secret changes with an overlap.
alter table clients add column registration_token_hash text;
alter table clients add column previous_registration_token_hash text; -- valid until the current one is used
alter table clients add column previous_secret_hash text;
alter table clients add column previous_secret_expires_at bigint;
alter table clients add column policy text; -- JSON: what the client may register, from its initial access token

-- What an operator hands out to those who may register (RFC 7591 section 1.2).
create table initial_access_tokens (
  name text primary key,
  token_hash text not null unique,
  policy text not null, -- JSON
  uses_left bigint, -- without one: any number
  created_at bigint not null,
  expires_at bigint
);
create index initial_access_tokens_expires_at on initial_access_tokens (expires_at) where expires_at is not null;
