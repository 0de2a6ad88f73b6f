-- Which providers can't be asked about people.
create index identities_unreachable on identities (provider_id) where unreachable_since is not null;
