-- The grants of a client or a user are deleted in steps, the oldest first.
drop index grants_client_id;
create index grants_client_id on grants (client_id, created_at);
drop index grants_user_id;
create index grants_user_id on grants (user_id, created_at);
