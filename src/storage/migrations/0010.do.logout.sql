-- A session has a name that clients learn (`sid`), and the grants that began in it remember it. Sessions of before have
-- none: the hash of their id stands in.
alter table sessions add column sid text;
alter table grants add column sid text;
create index grants_sid on grants (sid) where sid is not null;

-- Whom to tell of a session's end: written when a client takes part in it, due when it ends.
create table logout_notices (
  sid text not null,
  client_id text not null references clients (id) on delete cascade,
  user_id text not null, -- outlives the user, whose deletion is told, too
  expires_at bigint not null,
  due_at bigint, -- null until the session ends
  attempts bigint not null,
  primary key (sid, client_id)
);
create index logout_notices_client_id on logout_notices (client_id);
create index logout_notices_user_id on logout_notices (user_id) where due_at is null;
create index logout_notices_due_at on logout_notices (due_at) where due_at is not null;
create index logout_notices_expires_at on logout_notices (expires_at);
