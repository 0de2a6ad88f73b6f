-- Clients whose id is the URL of their metadata document: origin 'document'.
alter table clients add column document_fetched_at bigint;
alter table clients add column document_fresh_until bigint;
