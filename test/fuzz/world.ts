/** What the answers so far have told: later requests name it. */
export interface World {
	topics: string[];
	groups: string[];
	/** Ids of jobs. */
	jobs: string[];
	deliveries: { id: string; token: number }[];
	operations: string[];
	keys: string[];
	/** `nextCursor` of earlier pages, by the URL without its query. */
	cursors: Map<string, string[]>;
}

/** Older things are forgotten: they are mostly gone. */
const REMEMBERED = 300;

export function newWorld(topics: string[]): World {
	const groups = ['acme', 'a/b', 'ключ', '🙂', 'constructor', 'g'.repeat(1_024), '%2e'];
	return { topics, groups, jobs: [], deliveries: [], operations: [], keys: [], cursors: new Map() };
}

/** Learns from an answer. @param path of the request, without its query */
export function learn(world: World, path: string, json: ReturnType<typeof JSON.parse>): void {
	if (typeof json !== 'object' || json === null) return;
	for (const job of [...listOf(json.jobs), ...listOf(json.batches).flatMap((batch) => listOf(batch?.jobs)), json]) {
		if (typeof job?.id !== 'string' || !job.id.includes(':')) continue;
		remember(world.jobs, job.id);
		if (typeof job.token === 'number' && job.leaseExpiresAt !== null && job.token > 0) {
			remember(world.deliveries, { id: job.id, token: job.token });
		}
	}
	if (typeof json.jobId === 'string') remember(world.jobs, json.jobId);
	if (typeof json.operation?.id === 'string') remember(world.operations, json.operation.id);
	if (typeof json.key?.id === 'string') remember(world.keys, json.key.id);
	if (typeof json.nextCursor !== 'string') return;
	const cursors = world.cursors.get(path) ?? [];
	remember(cursors, json.nextCursor);
	world.cursors.set(path, cursors);
}

function listOf(value: unknown): ReturnType<typeof JSON.parse>[] {
	return Array.isArray(value) ? value : [];
}

function remember<T>(list: T[], one: T): void {
	list.push(one);
	if (list.length > REMEMBERED) list.shift();
}
