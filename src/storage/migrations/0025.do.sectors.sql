-- The sector in which a client knew the user when a grant was made (domain/client/subject.ts): empty for the public subject. Null in
-- what was made before: that follows the registration of the client, as it did.
alter table grants add column sector text;
alter table logout_notices add column sector text;
