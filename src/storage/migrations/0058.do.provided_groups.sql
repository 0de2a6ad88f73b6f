-- The group of whom an admission rule lets in: everybody of whom it holds is in it.
alter table admission_rules add column group_name text;
