-- The most that a client may do at the management API, by the names of roles; null for one that may not ask for its tokens.
alter table clients add column management_role text;
