-- The claims about the person that a request named (OpenID Connect Core section 5.5), as JSON; null: none.
alter table grants add column claims text;
