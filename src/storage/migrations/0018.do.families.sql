-- The refresh tokens of a grant lie side by side, under the grant that each of them names (domain/refresh-token.ts). One that
-- was issued before names none, and is found no more.
create table families (
  token_hash text not null,
  grant_id text not null references grants (id) on delete cascade,
  generation bigint not null,
  parent_hash text,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint, -- first use
  successors bigint not null,
  successor_used_at bigint,
  dpop_jkt text,
  primary key (grant_id, token_hash)
)
without rowid -- SQLite only
with (fillfactor = 75) -- PostgreSQL only
;
insert into families (token_hash, grant_id, generation, parent_hash, created_at, expires_at, used_at, successors, successor_used_at, dpop_jkt)
select token_hash, grant_id, generation, parent_hash, created_at, expires_at, used_at, successors, successor_used_at, dpop_jkt from refresh_tokens;
drop table refresh_tokens;
alter table families rename to refresh_tokens;
alter index families_pkey rename to refresh_tokens_pkey; -- PostgreSQL only
create index refresh_tokens_expires_at on refresh_tokens (expires_at);
