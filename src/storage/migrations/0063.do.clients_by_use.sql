-- The list by last use goes on within one instant, in which many clients may have been used: it has ids in order, too.
drop index clients_idle;
create index clients_idle on clients (last_used_at, id) where authorized_at is not null;
