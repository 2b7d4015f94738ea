// Positive and negative type tests. They hold when `tsc --noEmit` passes, which the lint runs: what is marked as an error must be one.
import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
	type BatchJob,
	type Client,
	connect,
	type Duration,
	handle,
	handleBatch,
	type JobContext,
	type JobHandle,
	type PushOptions,
	topic,
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
