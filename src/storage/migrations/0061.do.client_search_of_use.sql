-- Only clients that matter are found by an index: that somebody allowed, an operator made, or was asked about. A registration alone pays for none.
drop index clients_named;
drop index clients_hosted;
create index clients_named on clients (name_key, created_at) where authorized_at is not null or origin = 'person' or approval is not null;
create index clients_hosted on clients (host_key, created_at) where authorized_at is not null or origin = 'person' or approval is not null;
