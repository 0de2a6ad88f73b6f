-- How requests of a resource are forwarded to the MCP server behind it, where this server does that: JSON, with references to secrets only.
alter table resources add column gate text;
