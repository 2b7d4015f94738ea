import type { Contestant, OpenOptions, Payload, Queue } from '../contract.ts';

const NAME = 'bench';

async function open({ url }: OpenOptions): Promise<Queue> {
	const { PgBoss } = await import('pg-boss');
	const boss = new PgBoss({ connectionString: url, max: 10 });
	await boss.start();
	await boss.createQueue(NAME);
	return {
		async push({ data }) {
			await boss.send(NAME, data);
		},
		async pushMany(jobs) {
			await boss.insert(
				NAME,
				jobs.map(({ data }) => ({ data })),
			);
		},
		async work(concurrency, handler) {
			// Its batches are ended as a whole, which is its fastest way.
			const options = { batchSize: concurrency, pollingIntervalSeconds: 0.5 };
			await boss.work<Payload>(NAME, options, async (jobs) => {
				await Promise.all(jobs.map(({ data }) => handler(data)));
			});
			return { close: () => boss.offWork(NAME) };
		},
		async unfinished() {
			const db = boss.getDb();
			const sql = "SELECT count(*)::int AS left FROM pgboss.job WHERE name = $1 AND state < 'completed'";
			const { rows } = await db.executeSql(sql, [NAME]);
			return rows[0].left;
		},
		close: () => boss.stop({ graceful: false }),
	};
}

export const pgBoss: Contestant = {
	name: 'pg-boss',
	store: 'postgres',
	package: 'pg-boss',
	runtime: 'node24',
	lacks: ['groups', 'retention'],
	open,
};
