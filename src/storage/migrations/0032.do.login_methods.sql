-- How somebody logged in: RFC 8176 names as a JSON array, and the rung of the ladder that they reach (domain/authorization/authentication.ts).
-- Null in what was made when a password was the only way.
alter table sessions add column amr text;
alter table sessions add column acr text;
alter table grants add column amr text;
alter table grants add column acr text;
