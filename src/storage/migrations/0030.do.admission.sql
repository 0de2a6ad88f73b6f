-- Who may come in by a provider, besides ADMIT: rules in their one form (domain/admission/admission-rule.ts).
create table admission_rules (
  rule text primary key,
  created_at bigint not null
);

-- The identity that let this user in and no longer does: until it does again, nobody logs in as the user by any other way.
alter table users add column barred_by text;

-- When the provider is asked again; null while nothing that came of the identity is in use.
alter table identities add column check_due_at bigint;
create index identities_check_due_at on identities (check_due_at) where check_due_at is not null;
