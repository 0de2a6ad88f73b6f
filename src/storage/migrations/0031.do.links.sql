-- One-use links: invitations, new passwords, confirmed addresses (domain/link/link.ts).
create table links (
  token_hash text primary key,
  kind text not null,
  user_id text references users (id) on delete cascade, -- null until an invitation is used
  address text, -- the e-mail address that it was made for
  data text not null, -- JSON
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index links_user_id on links (user_id);
create index links_address on links (lower(address));
create index links_expires_at on links (expires_at);
