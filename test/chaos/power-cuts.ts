import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { RedisServer } from '../support/redis-server.ts';
import { chooseSeed } from '../support/seed.ts';
import { tempDir } from '../support/temp.ts';
import type { Verdict } from './checker.ts';
import { History } from './history.ts';
import { Powered } from './powered.ts';
import { Random } from './random.ts';
import { FaultyDisk } from './shims/shims.ts';
import { type StoreKind, TOPIC } from './system.ts';

const { CHAOS_SEED, CHAOS_POWER_CUTS = '10', CHAOS_STORES = 'redis,sqlite', CHAOS_SLOW_MS = '0' } = process.env;
const STORES = CHAOS_STORES.split(',') as StoreKind[];
const SEED = chooseSeed(CHAOS_SEED);
const CUTS = Number(CHAOS_POWER_CUTS);
/** So many cuts hit one store, so that each finds what the last ones left. The next store is a new one. */
const CUTS_PER_STORE = 10;
const PRODUCERS = 8;
const OUT = join(import.meta.dirname, 'results');

/** What no cut may leave behind, and `window`: what was answered with less than `fsynced`, and is gone. */
type Found = Pick<Verdict, 'lost' | 'unexpected' | 'doubled' | 'undone' | 'window'> & { defects: object[] };

test.each(STORES)('%s loses nothing that was answered as fsynced to a power cut', async (kind) => {
	console.log(`${kind}: seed ${SEED}, ${CUTS} power cuts, syncs ${CHAOS_SLOW_MS} ms slower`);
	const start = performance.now();
	const sum: Record<string, number> = {};
	let jobs = 0;
	for (let cuts = 0; cuts < CUTS; cuts += CUTS_PER_STORE) {
		const count = Math.min(CUTS_PER_STORE, CUTS - cuts);
		const found = await cutOneStore(kind, SEED + cuts, count);
		jobs += found.jobs;
		for (const [what, list] of Object.entries(found.found)) sum[what] = (sum[what] ?? 0) + list.length;
		const seconds = Math.round((performance.now() - start) / 1_000);
		const told = Object.entries(sum).map(([what, count]) => `${what} ${count}`);
		console.log(`${kind}: ${cuts + count} power cuts, ${jobs} jobs, ${seconds} s: ${told.join(', ')}`);
	}
	const { window, undone, doubled, ...never } = sum;
	// What was taken back may be done again.
	const must = kind === 'everysec' ? never : { ...never, window, undone, doubled };
	expect(Object.entries(must).filter(([, count]) => count !== 0)).toEqual([]);
});

/** Cuts the power of one store again and again, and looks after each cut at what is left of all that was ever answered. */
async function cutOneStore(kind: StoreKind, seed: number, count: number): Promise<{ found: Found; jobs: number }> {
	mkdirSync(OUT, { recursive: true });
	const history = new History(join(OUT, `power-cuts-${kind}-${seed}.jsonl`));
	const random = new Random(seed);
	const disk = new FaultyDisk();
	const dir = tempDir();
	const redis = await redisFor(kind, disk, dir);
	disk.slow(Number(CHAOS_SLOW_MS));
	const work = { history, topic: TOPIC, producers: PRODUCERS, store: redis?.url ?? 'sqlite:./jobs.db' };
	let before: Powered | undefined;
	let verdict: Verdict | undefined;
	const defects: object[] = [];
	for (let cut = 0; cut <= count; cut++) {
		const { unanswered: repeats = [], nextNumber: firstNumber = 1 } = before ?? {};
		const program = new Powered({ ...work, name: `c${cut}`, repeats, firstNumber }, redis ? {} : disk.env, dir);
		onTestFinished(() => program.kill());
		const left = await program.left();
		defects.push(...left.defects);
		verdict = left.verdict;
		if (cut < count) {
			await program.answered(repeats.length + random.integer(1, 60));
			await pause(random.between(0, 20));
		}
		await Promise.all([redis?.kill(), redis ? undefined : program.kill()]);
		await program.kill();
		if (cut === count) break;
		disk.cutPower(dir);
		await redis?.restart();
		before = program;
	}
	await history.close();
	await redis?.stop();
	if (verdict === undefined) throw new Error('There was no cut');
	const { lost, unexpected, doubled, undone, window, jobs } = verdict;
	return { found: { lost, unexpected, doubled, undone, window, defects }, jobs };
}

async function redisFor(kind: StoreKind, { env }: FaultyDisk, dir: string): Promise<RedisServer | null> {
	if (kind === 'sqlite') return null;
	const appendfsync = kind === 'redis' ? 'always' : 'everysec';
	const redis = await RedisServer.start({ appendonly: true, appendfsync, args: ['--dir', dir], env });
	onTestFinished(() => redis.stop());
	return redis;
}
