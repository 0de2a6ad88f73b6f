-- A token's use is noted on its row: where its page has room for that, none of its indices is touched.
alter table refresh_tokens set (fillfactor = 75); -- PostgreSQL only
alter table authorization_codes set (fillfactor = 85); -- PostgreSQL only
