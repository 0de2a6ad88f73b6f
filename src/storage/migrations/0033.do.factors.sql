-- What people log in with besides a password (domain/user/factors.ts).
create table passkeys (
  id text primary key, -- of the credential, in base64url
  user_id text not null references users (id) on delete cascade,
  public_key text not null, -- COSE, in base64url
  counter bigint not null,
  transports text not null, -- JSON array
  name text not null,
  synced bigint not null, -- whether it may be on several devices, and whether it is
  backed_up bigint not null,
  rp_id text not null, -- the host of the issuer when it was made: browsers offer it there only
  created_at bigint not null,
  last_used_at bigint
);
create index passkeys_user_id on passkeys (user_id, created_at);
create index passkeys_rp_id on passkeys (rp_id);
create table one_time_codes (
  user_id text primary key references users (id) on delete cascade,
  secret text not null, -- sealed
  last_step bigint not null, -- the latest step whose code was accepted
  created_at bigint not null
);
create table recovery_codes (
  user_id text not null references users (id) on delete cascade,
  code_hash text not null,
  created_at bigint not null,
  used_at bigint,
  primary key (user_id, code_hash)
);
