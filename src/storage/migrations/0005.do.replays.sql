-- What may be used once, by a hash of its name: the jti of client assertions.
create table replays (
  id text primary key,
  expires_at bigint not null
);
create index replays_expires_at on replays (expires_at);
