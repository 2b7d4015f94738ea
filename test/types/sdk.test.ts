// Positive and negative type tests. They hold when `tsc --noEmit` passes, which the lint runs: what is marked as an error must be one.
import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
	type ActionResult,
	type BatchJob,
	type Client,
	connect,
	type Duration,
	type Explained,
	type GroupHandle,
	type GroupSettings,
	type GroupView,
	handle,
	handleBatch,
	type JobContext,
	type JobHandle,
	type JobState,
	type PushOptions,
	RateLimited,
	topic,
	type UniqueAnswer,
	type UniqueOptions,
	type WorkerOptions,
} from '../../src/sdk/index.ts';

const client: Client = connect('memory:');
const greet = topic('greet', { input: z.object({ name: z.string() }), output: z.string() });
const meet = topic('meet', {
	input: v.object({
		at: v.pipe(
			v.string(),
			v.isoTimestamp(),
			v.transform((text) => new Date(text)),
		),
	}),
	output: v.pipe(v.number(), v.transform(String)),
});
const bare = topic('bare');

/** Never called: what is in it is only compiled. */
const compiled = (_: () => unknown) => {};

describe('push', () => {
	test('takes the input form of the schema and gives a handle on the result', () => {
		compiled(async () => {
			const job = await client.push(greet, { name: 'Ada' });
			expectTypeOf(job).toEqualTypeOf<JobHandle<string>>();
			expectTypeOf(await job.result()).toEqualTypeOf<string>();
			expectTypeOf(await client.pushMany(meet, [{ at: '2030-01-01T00:00:00Z' }])).toEqualTypeOf<JobHandle<string>[]>();
		});
	});

	test('refuses another shape', () => {
		compiled(() => {
			// @ts-expect-error a number is no name
			client.push(greet, { name: 7 });
			// @ts-expect-error the name is missing
			client.push(greet, {});
			// @ts-expect-error there is no such field
			client.push(greet, { name: 'Ada', age: 36 });
			// @ts-expect-error no data at all
			client.push(greet);
			// @ts-expect-error the input form is text; a date is what the handler gets
			client.push(meet, { at: new Date() });
			// @ts-expect-error pushMany takes many
			client.pushMany(greet, { name: 'Ada' });
		});
	});

	test('without a schema takes anything and promises nothing', () => {
		compiled(async () => {
			await client.push('by name', { any: 'thing' });
			expectTypeOf(await (await client.push(bare, 1)).result()).toBeUnknown();
			expectTypeOf(await (await client.push('by name', 1)).result()).toBeUnknown();
			expectTypeOf(await client.job('by name', 'by:1').result()).toBeUnknown();
			expectTypeOf(await client.job(greet, 'greet:1').result()).toBeString();
		});
	});

	test('refuses options that it does not know and durations that are none', () => {
		compiled(() => {
			// @ts-expect-error misspelt
			client.push(greet, { name: 'Ada' }, { dealy: '10s' });
			// @ts-expect-error no unit
			client.push(greet, { name: 'Ada' }, { delay: '10' });
			// @ts-expect-error no such unit
			client.push(greet, { name: 'Ada' }, { delay: '10 weeks' });
			// @ts-expect-error a backoff has one of two types
			client.push(greet, { name: 'Ada' }, { backoff: { type: 'linear', delay: 1 } });
			// @ts-expect-error a priority is a number
			client.push(greet, { name: 'Ada' }, { priority: 'high' });
			// @ts-expect-error a date, or epoch milliseconds
			client.push(greet, { name: 'Ada' }, { runAt: '2030-01-01' });
		});
		expectTypeOf<PushOptions['delay']>().toEqualTypeOf<Duration | undefined>();
		expectTypeOf<'500ms' | '1.5s' | '5m' | '1h' | '7d' | 250>().toExtend<Duration>();
		expectTypeOf<'soon'>().not.toExtend<Duration>();
	});
});

describe('terms of a job', () => {
	test('take durations, and words of which each is known', () => {
		compiled(() => {
			client.push('x', 1, { timeout: '30s', ttl: 5_000, retryFor: '1h', maxCrashes: 3, cost: 10, onRetry: 'requeue' });
			client.push('x', 1, { tags: ['vip'], parent: 'orders:1', unique: { key: 'a' } });
			client.push('x', 1, { unique: { key: 'a', scope: { window: '1h' }, onConflict: 'debounce' } });
			// @ts-expect-error the unit stands in the duration
			client.push('x', 1, { timeoutMs: 30_000 });
			// @ts-expect-error no duration
			client.push('x', 1, { ttl: 'soon' });
			// @ts-expect-error keep or requeue
			client.push('x', 1, { onRetry: 'wait' });
			// @ts-expect-error a list of words
			client.push('x', 1, { tags: 'vip' });
			// @ts-expect-error a cost is a number
			client.push('x', 1, { cost: '10' });
		});
	});

	test('a unique key needs a key, a known scope and a known way to meet another job', () => {
		compiled(() => {
			// @ts-expect-error without a key
			client.push('x', 1, { unique: { scope: 'waiting' } });
			// @ts-expect-error the key alone is no option
			client.push('x', 1, { unique: 'a' });
			// @ts-expect-error no such scope
			client.push('x', 1, { unique: { key: 'a', scope: 'forever' } });
			// @ts-expect-error a window is a duration
			client.push('x', 1, { unique: { key: 'a', scope: { windowMs: 1 } } });
			// @ts-expect-error no such way
			client.push('x', 1, { unique: { key: 'a', onConflict: 'drop' } });
		});
		expectTypeOf<UniqueOptions['scope']>().toEqualTypeOf<'waiting' | 'unfinished' | { window: Duration } | undefined>();
	});
});

describe('a job handle', () => {
	test('tells of its key, and acts', () => {
		compiled(async () => {
			const job = await client.push(greet, { name: 'Ada' });
			expectTypeOf(job.unique).toEqualTypeOf<UniqueAnswer | undefined>();
			if (job.unique?.outcome === 'kept') expectTypeOf(job.unique.holderState).toEqualTypeOf<JobState>();
			// @ts-expect-error no such outcome
			if (job.unique?.outcome === 'dropped') return;
			expectTypeOf(await job.cancel({ reason: 'twice', actor: 'ada' })).toBeVoid();
			// @ts-expect-error a reason is a text
			await job.cancel({ reason: 7 });
			// @ts-expect-error the reason is named
			await job.cancel('twice');
			expectTypeOf(await job.explain()).toEqualTypeOf<Explained | null>();
			expectTypeOf(await job.promote()).toBeVoid();
			expectTypeOf(await job.retry()).toBeVoid();
			expectTypeOf(await client.cancelMany([job.id])).toEqualTypeOf<ActionResult[]>();
			// @ts-expect-error many have a name of their own
			await client.cancel([job.id]);
		});
	});

	test('explains in facts of which each kind has its own fields', () => {
		compiled(async () => {
			const explained = await client.explain('x:1');
			for (const reason of explained?.reasons ?? []) {
				expectTypeOf(reason.text).toBeString();
				if (reason.code === 'group_limit') expectTypeOf(reason.heldBy).toEqualTypeOf<string[]>();
				// @ts-expect-error a limit has no end
				if (reason.code === 'group_limit') reason.until;
			}
		});
	});
});

describe('settings', () => {
	test('of a topic and of a group have limits; null removes', () => {
		compiled(async () => {
			const rate = { limit: 10, perMs: 1_000, burst: 2 };
			await client.configure('x', { concurrency: 5, rate, groups: { concurrency: 1 }, waitingBytes: null });
			// @ts-expect-error a rate has a window
			await client.configure('x', { rate: { limit: 10 } });
			// @ts-expect-error a weight is a group's
			await client.configure('x', { weight: 5 });
			const group = client.group(greet, 'acme');
			expectTypeOf(group).toEqualTypeOf<GroupHandle>();
			expectTypeOf(await group.configure({ weight: 5, concurrency: null })).toEqualTypeOf<GroupSettings>();
			expectTypeOf(await group.status()).toEqualTypeOf<GroupView>();
			// @ts-expect-error attempts are a topic's
			await group.configure({ maxAttempts: 5 });
			// @ts-expect-error a group has a name
			client.group(greet);
		});
	});

	test('a pause ends after some time or at an instant, not both', () => {
		compiled(() => {
			client.pause(greet);
			client.pause(greet, { for: '10m' });
			client.group(greet, 'acme').pause({ until: new Date() });
			// @ts-expect-error one of the two
			client.pause(greet, { for: '10m', until: 0 });
			// @ts-expect-error no duration
			client.pause(greet, { for: 'a while' });
			// @ts-expect-error a date, or epoch milliseconds
			client.group(greet, 'acme').pause({ until: '2030-01-01' });
		});
	});
});

describe('a handler', () => {
	test('gets the output form of the schema, and the context', () => {
		compiled(() => {
			client.work(greet, ({ data, attempt, group }, context) => {
				expectTypeOf(data).toEqualTypeOf<{ name: string }>();
				expectTypeOf(attempt).toBeNumber();
				expectTypeOf(group).toEqualTypeOf<string | null>();
				expectTypeOf(context).toEqualTypeOf<JobContext>();
				expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
				return `Hello, ${data.name}!`;
			});
			client.work(meet, async ({ data }) => {
				expectTypeOf(data.at).toEqualTypeOf<Date>();
				return 1;
			});
		});
	});

	test('must return what the output schema takes', () => {
		compiled(() => {
			// @ts-expect-error a number is no greeting
			client.work(greet, () => 7);
			// @ts-expect-error nor is a promise of one
			client.work(greet, async () => 7);
			// @ts-expect-error nor is nothing
			client.work(greet, () => {});
			// @ts-expect-error the schema makes text of a number; the handler returns the number
			client.work(meet, () => '1');
			// @ts-expect-error handle() is as strict
			handle(greet, () => 7);
		});
	});

	test('has unknown data without a schema, never any', () => {
		compiled(() => {
			client.work(bare, ({ data }) => {
				expectTypeOf(data).toBeUnknown();
				// @ts-expect-error unknown data has no fields
				return data.name;
			});
			client.work('by name', ({ data }) => {
				expectTypeOf(data).toBeUnknown();
				expectTypeOf(data).not.toBeAny();
			});
		});
	});

	test('does not use data that the schema does not know', () => {
		compiled(() => {
			// @ts-expect-error greet has a name and no age
			client.work(greet, ({ data }) => `${data.age}`);
		});
	});

	test('can end its run by a call that never returns', () => {
		expectTypeOf<JobContext['snooze']>().returns.toBeNever();
		expectTypeOf<JobContext['kill']>().returns.toBeNever();
		expectTypeOf<JobContext['rateLimited']>().returns.toBeNever();
		expectTypeOf<JobContext['rateLimited']>().parameters.toEqualTypeOf<[Duration]>();
		// @ts-expect-error how long is not left open
		compiled(() => new RateLimited());
		compiled(() => {
			client.work(greet, async ({ data }, context) => {
				const child = await context.push(meet, { at: data.name });
				expectTypeOf(child).toEqualTypeOf<JobHandle<string>>();
				// @ts-expect-error a child is as typed as any other job
				await context.push(meet, { at: 1 });
				return context.kill('unwanted');
			});
		});
	});
});

describe('a batch handler', () => {
	test('ends each job with what the output schema takes', () => {
		compiled(() => {
			client.workBatch(greet, (jobs) => {
				expectTypeOf(jobs).toEqualTypeOf<BatchJob<{ name: string }, string>[]>();
				for (const job of jobs) {
					job.done(job.data.name);
					// @ts-expect-error a number is no greeting
					job.done(7);
					job.fail('any reason');
				}
			});
			// @ts-expect-error a batch handler returns nothing
			handleBatch(greet, () => ['Hello']);
		});
	});
});

describe('a worker', () => {
	test('takes registrations of different types together', () => {
		compiled(() => client.workAll([handle(greet, () => 'hi'), handle(meet, () => 1), handleBatch(bare, () => {})]));
	});

	test('refuses options that it does not know', () => {
		compiled(() => {
			// @ts-expect-error misspelt
			client.work(greet, () => 'hi', { concurency: 5 });
			// @ts-expect-error a lease is a duration
			client.work(greet, () => 'hi', { lease: 'long' });
			// @ts-expect-error size is of batches
			client.work(greet, () => 'hi', { size: 5 });
			client.work(greet, () => 'hi', { name: 'worker-7' });
			// @ts-expect-error a name is a text
			client.work(greet, () => 'hi', { name: 7 });
		});
		expectTypeOf(console).toExtend<NonNullable<WorkerOptions['log']>>();
	});
});

describe('a topic', () => {
	test('is read-only and takes schemas only', () => {
		compiled(() => {
			// @ts-expect-error a plain object is no schema
			topic('x', { input: { name: 'string' } });
			// @ts-expect-error there is no such schema
			topic('x', { output: z.string(), result: z.string() });
			// @ts-expect-error a topic keeps its name
			greet.name = 'other';
		});
	});
});
