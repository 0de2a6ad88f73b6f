-- Who changed what, and when. Outlives what it tells about: nothing is referenced.
create table audit_events (
  id text primary key,
  at bigint not null,
  name text not null, -- 'client.registered' ...
  actor text not null,
  address text,
  client_id text,
  details text not null -- JSON, without secrets
);
create index audit_events_at on audit_events (at);
create index audit_events_client_id on audit_events (client_id, at) where client_id is not null;
