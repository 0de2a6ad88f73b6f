-- Who may use which resource. A user who is deleted leaves the rules that name it, which then concern nobody: were they to go, the last
-- one that allows somebody would open the resource to everybody. For the same reason a group can't go while a rule names it.
create table access_rules (
  id text primary key,
  resource_id text not null references resources (id) on delete cascade,
  effect text not null, -- allow or deny
  group_name text references groups (name), -- whom it concerns; everybody, if neither this
  user_id text, -- nor this is there
  scopes text, -- JSON: array; null for all
  clients text, -- JSON: { verified, hosts, ids }; null for all
  acr text,
  created_at bigint not null
);
create index access_rules_resource_id on access_rules (resource_id);
create index access_rules_group_name on access_rules (group_name);
