-- A provider that says which session ended there, without whose it was.
create index sessions_provider_sid on sessions (provider_sid) where provider_sid is not null;
