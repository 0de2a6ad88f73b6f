-- The thumbprint of the key that a code or a refresh token belongs to (RFC 9449), if it does.
alter table authorization_codes add column dpop_jkt text;
alter table refresh_tokens add column dpop_jkt text;
