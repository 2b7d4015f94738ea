/** The keys of callers: documents in a table of their own, so that nobody who reads the others finds them. */
export const accessKeys = `
CREATE TABLE access_keys (
	number INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	version INTEGER NOT NULL,
	open INTEGER NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE INDEX access_keys_open ON access_keys (open, number);
`;
