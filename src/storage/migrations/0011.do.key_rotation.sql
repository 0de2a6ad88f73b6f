-- A key signs from an instant on, which others learn before; it retires when its successor begins. A spent private part is ''.
alter table signing_keys add column active_at bigint not null default 0; -- 0: of an earlier version, signs already
alter table signing_keys add column revoked_at bigint;
update signing_keys set active_at = created_at; -- a handful

-- What has to outlive a change of SECRET, encrypted with it: the key of pairwise subjects.
create table sealed_secrets (
  name text primary key,
  sealed text not null
);
