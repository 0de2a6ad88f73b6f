-- The MCP servers that a person registered, and the access tokens that are no JWT.

create table resources (
  id text primary key,
  identifier text not null, -- as it ends in aud
  identifier_key text not null unique, -- one for all spellings of the identifier (domain/resource.ts)
  name text not null,
  scopes text not null, -- JSON: array of { name, description }
  access_token_ttl bigint, -- seconds; null as the server's, and so the two below
  access_token_format text,
  access_token_alg text,
  secret_hash text not null,
  created_at bigint not null,
  updated_at bigint not null
);

-- An opaque token stands for the claims that a JWT would carry.
create table access_tokens (
  token_hash text primary key,
  grant_id text not null references grants (id) on delete cascade,
  jti text not null, -- by which it is revoked alone, as a JWT is
  resource_id text, -- no reference: a resource may go while a token for it is issued, and the token is dead then
  claims text not null, -- JSON
  expires_at bigint not null
);
create index access_tokens_grant_id on access_tokens (grant_id);
create index access_tokens_expires_at on access_tokens (expires_at);
