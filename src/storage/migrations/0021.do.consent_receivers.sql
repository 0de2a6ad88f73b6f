-- A consent counts for one receiver of responses, and for the client as the user saw it. One that was given before names neither, and
-- counts no more: the user is asked once again.
create table received_consents (
  user_id text not null references users (id) on delete cascade,
  client_id text not null references clients (id) on delete cascade,
  receiver text not null default '',
  client_hash text not null default '',
  scopes text not null, -- JSON array
  resources text not null, -- JSON array
  created_at bigint not null,
  updated_at bigint not null,
  primary key (user_id, client_id, receiver)
);
insert into received_consents (user_id, client_id, scopes, resources, created_at, updated_at)
select user_id, client_id, scopes, resources, created_at, updated_at from consents;
drop table consents;
alter table received_consents rename to consents;
alter index received_consents_pkey rename to consents_pkey; -- PostgreSQL only
create index consents_client_id on consents (client_id);
