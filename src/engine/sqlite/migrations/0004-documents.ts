/** What servers keep beside the jobs, and their log. Both are numbered by their age. */
export const documents = `
CREATE TABLE documents (
	number INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	version INTEGER NOT NULL,
	open INTEGER NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE INDEX documents_open ON documents (open, number);

CREATE TABLE log (
	number INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	text TEXT NOT NULL
) STRICT;
`;
