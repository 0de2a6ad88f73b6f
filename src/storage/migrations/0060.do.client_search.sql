-- By which operators find a client among many: the beginning of its name, in lower case, and of its host. Clients of one name are side by side, by age.
alter table clients add column name_key text;
alter table clients add column host_key text;
update clients set name_key = substr(lower(json_extract(metadata, '$.display.client_name')), 1, 64); -- SQLite only
update clients set name_key = substr(lower((metadata::jsonb #>> '{display,client_name}') collate "C"), 1, 64); -- PostgreSQL only
-- A document's host is in its id; else the first https address names it.
update clients set host_key = substr(id, 9, instr(substr(id, 9), '/') - 1) where origin = 'document'; -- SQLite only
update clients set host_key = split_part(id, '/', 3) where origin = 'document'; -- PostgreSQL only
update clients set host_key = (select lower(substr(value, 9, instr(substr(value, 9) || '/', '/') - 1)) from json_each(metadata, '$.redirectUris') where value like 'https://%' limit 1) where origin <> 'document'; -- SQLite only
update clients set host_key = (select lower(substring(uri from '^https://([^/?]+)')) from jsonb_array_elements_text(metadata::jsonb -> 'redirectUris') with ordinality as uris (uri, place) where uri like 'https://%' order by place limit 1) where origin <> 'document'; -- PostgreSQL only
create index clients_named on clients (name_key, created_at) where name_key is not null;
create index clients_hosted on clients (host_key, created_at) where host_key is not null;
