-- The tools of a resource, as it described them when an operator last asked: JSON.
alter table resources add column tools text;
-- What a user was asked for and didn't choose, so that it isn't preselected the next time: JSON array, as scopes.
alter table consents add column declined text;
