-- Work that one node does at a time.

create table leases (
  name text primary key, -- 'sweep'
  holder text not null,
  expires_at bigint not null
);
