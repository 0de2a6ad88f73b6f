-- Devices that wait for a user are counted by their client and by the network that asked. For a day after it expired, a device keeps its
-- codes and nothing else.
alter table device_authorizations add column network text;
drop index device_authorizations_client_id;
create index device_authorizations_client_id on device_authorizations (client_id, expires_at);
create index device_authorizations_network on device_authorizations (network, expires_at) where network is not null;
create index device_authorizations_expired on device_authorizations (expires_at) where parameters <> '{}';
