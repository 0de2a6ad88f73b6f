-- What the sweeper looks for is found without reading whole tables.

create index grants_revoked_at on grants (revoked_at) where revoked_at is not null;
create index clients_unused on clients (created_at) where authorized_at is null;
create index clients_idle on clients (last_used_at) where authorized_at is not null;
