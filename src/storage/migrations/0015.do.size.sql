-- Found without reading a whole table, however many there are: the administrator, at each start; documents that nobody allowed.
create index users_administrator on users (created_at) where origin = 'environment';
create index clients_unused_documents on clients (document_fetched_at) where authorized_at is null and origin = 'document';
