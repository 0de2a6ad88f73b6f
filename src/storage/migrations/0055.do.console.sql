-- The console of operators, which is open within a session: its own cookie, and when it was last seen there.
alter table sessions add column console_hash text;
alter table sessions add column console_seen_at bigint;
create unique index sessions_console on sessions (console_hash) where console_hash is not null;
