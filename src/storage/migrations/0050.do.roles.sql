-- Who may manage this installation: 'viewer', 'operator' or 'owner'. What a person held before the role last changed ends with it.
alter table users add column role text;
alter table users add column role_changed_at bigint;
create index users_role on users (role) where role is not null;
