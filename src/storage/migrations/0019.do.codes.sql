-- A grant has one code, ever, which lies in its row. The code names the grant (domain/grant-secret.ts): one that was issued
-- before names none, and is found no more.
alter table grants add column code_hash text;
alter table grants add column code_expires_at bigint;
alter table grants add column redirect_uri text;
alter table grants add column redirect_uri_given bigint; -- RFC 6749 section 4.1.3: repeated at the token endpoint if the request held it
alter table grants add column code_challenge text;
alter table grants add column code_challenge_method text;
alter table grants add column code_dpop_jkt text;
alter table grants add column redeemed_at bigint;
drop table authorization_codes;

-- The id of the grant that a device is waiting for: its code names it, too.
delete from device_authorizations;
alter table device_authorizations add column grant_id text not null default '';
