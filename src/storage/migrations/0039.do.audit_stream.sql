-- What fails again and again is one event with a count. An event that a receiver outside still has to get is due.
alter table audit_events add column times bigint not null default 1;
alter table audit_events add column last_at bigint; -- of the last time, if there was more than one
alter table audit_events add column due_at bigint; -- null once it was delivered, or if nobody receives events
alter table audit_events add column attempts bigint not null default 0;
create index audit_events_due_at on audit_events (due_at) where due_at is not null;

-- Who receives events, as the settings of the running server say: with a row in it, every new event is due at once, whoever makes it.
create table event_receivers (
  name text primary key,
  since bigint not null
);
