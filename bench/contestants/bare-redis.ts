import { createClient } from 'redis';
import type { Contestant, OpenOptions, Payload, Queue } from '../contract.ts';

/**
 * What the store itself can do: the commands that no queue of this layout can go without, in batches of 200, with nothing checked. Not a queue: a job that is
 * taken is gone. It says how much of the machine is left to win.
 */
const BATCH = 200;

const PUSH = `
local ids, fields = {}, {}
for i = 2, #ARGV do
	local id = string.format('%.0f', ARGV[1] + i)
	ids[#ids + 1] = id
	fields[#fields + 1] = id
	fields[#fields + 1] = ARGV[i]
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('RPUSH', KEYS[2], unpack(ids))
return #ids`;

const TAKE = `
local ids = redis.call('LPOP', KEYS[2], ARGV[1])
if not ids then return {} end
local bodies = redis.call('HMGET', KEYS[1], unpack(ids))
redis.call('HDEL', KEYS[1], unpack(ids))
return bodies`;

const KEYS = ['{bare}:jobs', '{bare}:line'];

interface Entry {
	text: string;
	done: () => void;
}

async function open({ url }: OpenOptions): Promise<Queue> {
	const redis = createClient({ url });
	await redis.connect();
	const [push, take] = await Promise.all([redis.scriptLoad(PUSH), redis.scriptLoad(TAKE)]);
	let waiting: Entry[] = [];
	let flushing = 0;
	let first = 1_732_616_363_278;
	const store = async (texts: string[]) => {
		first += texts.length;
		await redis.evalSha(push, { keys: KEYS, arguments: [String(first), ...texts] });
	};
	const flush = async () => {
		while (waiting.length > 0 && flushing < 3) {
			const batch = waiting.slice(0, BATCH);
			waiting = waiting.slice(BATCH);
			flushing++;
			await store(batch.map(({ text }) => text));
			flushing--;
			for (const { done } of batch) done();
		}
	};
	return {
		push({ data }) {
			return new Promise((done) => {
				waiting.push({ text: JSON.stringify(data), done });
				if (waiting.length === 1) setImmediate(() => void flush());
			});
		},
		async pushMany(jobs) {
			for (let i = 0; i < jobs.length; i += BATCH) {
				await store(jobs.slice(i, i + BATCH).map(({ data }) => JSON.stringify(data)));
			}
		},
		async work(_concurrency, handler) {
			let running = true;
			const lanes = Array.from({ length: 3 }, async () => {
				while (running) {
					const bodies = (await redis.evalSha(take, { keys: KEYS, arguments: [String(BATCH)] })) as string[];
					for (const body of bodies) await handler(JSON.parse(body) as Payload);
				}
			});
			return {
				async close() {
					running = false;
					await Promise.all(lanes);
				},
			};
		},
		unfinished: () => redis.hLen('{bare}:jobs'),
		close: async () => redis.destroy(),
	};
}

export const bareRedis: Contestant = {
	name: 'bare-redis',
	store: 'redis',
	package: 'redis',
	lacks: ['groups', 'priority', 'delay', 'retention'],
	open,
};
