-- Access tokens that people made for their own scripts. Each is for one resource.
create table personal_tokens (
  token_hash text primary key,
  id text not null unique,
  user_id text not null references users (id) on delete cascade,
  name text not null,
  resource_id text not null, -- no reference, as in access_tokens
  scopes text not null, -- JSON array
  created_at bigint not null,
  expires_at bigint not null,
  last_used_at bigint
);
create index personal_tokens_user_id on personal_tokens (user_id, created_at);
create index personal_tokens_expires_at on personal_tokens (expires_at);

-- 1 where such tokens are refused.
alter table resources add column refuses_personal_tokens bigint;
