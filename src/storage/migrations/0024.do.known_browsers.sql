-- When an operator ended what browsers in which the user had logged in before are allowed (domain/user/known-browser.ts).
alter table users add column browsers_forgotten_at bigint;
