-- What an operator decided about a client that made itself known: `waiting` until then, `approved` or `refused`; null if nobody asked.
alter table clients add column approval text;
create index clients_waiting on clients (created_at, id) where approval = 'waiting';
-- Which rule about clients was in force at the last start, and since when: what exists when approvals begin isn't asked for them.
create table rules_in_force (
  name text primary key,
  value text not null,
  since bigint not null
);
