-- Groups of users. A member may be one in several ways: an operator said so, an admission rule, or a provider at the last login.
create table groups (
  name text primary key, -- as it is in tokens; it never changes
  description text not null,
  created_at bigint not null
);
create table group_members (
  user_id text not null references users (id) on delete cascade,
  group_name text not null references groups (name) on delete cascade,
  source text not null,
  since bigint not null,
  primary key (user_id, group_name, source)
);
create index group_members_group_name on group_members (group_name, since);

-- Whether tokens for the resource name the groups of their user: 1 if so.
alter table resources add column groups_claim bigint;
