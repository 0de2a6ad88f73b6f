-- Events are read and swept in the order of their time: one key does for both, and each event costs one index less.
create table events (
  at bigint not null,
  id text not null,
  name text not null, -- 'client.registered' ...
  actor text not null,
  address text,
  client_id text,
  details text not null, -- JSON, without secrets
  primary key (at, id)
)
;
insert into events (at, id, name, actor, address, client_id, details) select at, id, name, actor, address, client_id, details from audit_events;
drop table audit_events;
alter table events rename to audit_events;
alter index events_pkey rename to audit_events_pkey; -- PostgreSQL only
create index audit_events_client_id on audit_events (client_id, at) where client_id is not null;
