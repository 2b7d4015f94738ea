import Database from 'libsql';
import type { Contestant, OpenOptions, Payload, Queue } from '../contract.ts';

/** SQLite itself: one insert or one delete a job, a synced transaction for whatever has come together. */
async function open({ url }: OpenOptions): Promise<Queue> {
	const db = new Database(new URL(url).pathname);
	db.pragma('journal_mode = WAL');
	db.pragma('synchronous = FULL');
	db.exec('CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, data TEXT NOT NULL)');
	const insert = db.prepare('INSERT INTO jobs (data) VALUES (?)');
	const head = db.prepare('DELETE FROM jobs WHERE id IN (SELECT id FROM jobs ORDER BY id LIMIT ?) RETURNING data');
	const count = db.prepare('SELECT count(*) AS left FROM jobs');
	const insertAll = db.transaction((texts: string[]) => {
		for (const text of texts) insert.run(text);
	});
	let waiting: { text: string; done: () => void }[] = [];
	const flush = () => {
		const batch = waiting;
		waiting = [];
		insertAll(batch.map(({ text }) => text));
		for (const { done } of batch) done();
	};
	return {
		push({ data }) {
			return new Promise((done) => {
				waiting.push({ text: JSON.stringify(data), done });
				if (waiting.length === 1) setImmediate(flush);
			});
		},
		async pushMany(jobs) {
			insertAll(jobs.map(({ data }) => JSON.stringify(data)));
		},
		async work(concurrency, handler) {
			let running = true;
			const lane = (async () => {
				while (running) {
					const rows = head.all(concurrency) as { data: string }[];
					for (const { data } of rows) await handler(JSON.parse(data) as Payload);
					await new Promise((resolve) => setImmediate(resolve));
				}
			})();
			return {
				async close() {
					running = false;
					await lane;
				},
			};
		},
		async unfinished() {
			return (count.get() as { left: number }).left;
		},
		async close() {
			db.close();
		},
	};
}

export const bareSqlite: Contestant = {
	name: 'bare-sqlite',
	store: 'sqlite',
	package: 'libsql',
	lacks: ['groups', 'priority', 'delay', 'retention'],
	open,
};
