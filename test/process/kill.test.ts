import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';

const PUSHES = 5_000;
const IN_FLIGHT = 64;
const PAGE = 1_000;

interface Push {
	n: number;
	id: string;
}

async function push(url: string, n: number): Promise<Push> {
	const response = await fetch(`${url}/v1/topics/emails/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ data: { n } }),
	});
	const { jobs } = (await response.json()) as { jobs: { id: string }[] };
	return { n, id: jobs[0]?.id ?? '' };
}

/** All waiting jobs: number in the payload by id. */
async function listAll(url: string): Promise<Map<string, number>> {
	const found = new Map<string, number>();
	let cursor: string | null = null;
	do {
		const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
		const response = await fetch(`${url}/v1/topics/emails/jobs?state=waiting&limit=${PAGE}${after}`);
		const page = (await response.json()) as { jobs: { id: string; data: { n: number } }[]; nextCursor: string | null };
		for (const { id, data } of page.jobs) found.set(id, data.n);
		cursor = page.nextCursor;
	} while (cursor !== null);
	return found;
}

/** Pushes until the server is gone; it is killed when `killAfter` pushes were answered. Returns the answered ones. */
async function pushUntilKilled(url: string, killAfter: number, kill: () => void): Promise<Push[]> {
	const answered: Push[] = [];
	let next = 0;
	const pushing = async () => {
		while (next < PUSHES) {
			const n = next++;
			const done = await push(url, n).catch(() => undefined);
			if (done === undefined) return;
			answered.push(done);
			if (answered.length === killAfter) kill();
		}
	};
	await Promise.all(Array.from({ length: IN_FLIGHT }, pushing));
	return answered;
}

describe('kill -9 of the server during 5,000 pushes loses no push that was answered', () => {
	const killAfter = 200 + (inject('seed') % (PUSHES - 1_000));

	test(`on the same SQLite file, killed after ${killAfter} answers`, async () => {
		const store = ['--port', '0', '--store', `sqlite:${join(tempDir(), 'jobs.db')}`];
		const first = serve(store);
		const answered = await pushUntilKilled(await first.url(), killAfter, () => void first.child.kill('SIGKILL'));
		await first.exited;
		expect(answered.length).toBeGreaterThanOrEqual(killAfter);
		expect(answered.length).toBeLessThan(PUSHES);

		const found = await listAll(await serve(store).url());
		for (const { id, n } of answered) expect(found.get(id)).toBe(n);
		// What was under way may have been stored without an answer, each at most once.
		expect(found.size).toBeLessThanOrEqual(answered.length + IN_FLIGHT);
		expect(new Set(found.values()).size).toBe(found.size);
	});
});
