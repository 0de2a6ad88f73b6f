-- What a person reads on the account page: where each session and each refresh token was used last, and the events of the account.
alter table sessions add column browser text; -- in words, such as 'Firefox on Linux'
alter table sessions add column network text;
alter table refresh_tokens add column network text;
alter table audit_events add column user_id text; -- no reference: an event outlives the account
create index audit_events_user_id on audit_events (user_id, at) where user_id is not null;
