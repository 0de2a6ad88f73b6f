-- One record for all who register the same (SHARE_IDENTICAL_CLIENTS); lists begin with the newest client.
alter table clients add column share_key text;
create unique index clients_share_key on clients (share_key) where share_key is not null;
drop index clients_created_at;
create index clients_newest on clients (created_at, id);
