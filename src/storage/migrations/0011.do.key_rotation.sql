-- A key signs from an instant on, which others learn before; it retires when its successor begins. A spent private part is ''.
alter table signing_keys add column active_at bigint; -- null: created_at
alter table signing_keys add column revoked_at bigint;

-- What has to outlive a change of SECRET, encrypted with it: the key of pairwise subjects.
create table sealed_secrets (
  name text primary key,
  sealed text not null
);
