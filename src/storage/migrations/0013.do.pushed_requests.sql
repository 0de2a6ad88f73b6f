-- Authorization requests that clients pushed (RFC 9126), until people come with them. That one was used up is a replay.
create table pushed_requests (
  request_uri_hash text primary key,
  client_id text not null references clients (id) on delete cascade,
  parameters text not null, -- JSON: what the client asked for, judged anew when somebody comes with it
  expires_at bigint not null
);
create index pushed_requests_client_id on pushed_requests (client_id);
create index pushed_requests_expires_at on pushed_requests (expires_at);
