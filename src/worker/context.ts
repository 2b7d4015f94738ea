import type { PushFunction } from '../client/job-handle.ts';
import { toJson } from '../client/jobs.ts';
import { isMillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Lease } from '../engine/engine.ts';
import type { Delivery } from './delivery.ts';
import type { WorkerLog } from './options.ts';
import type { JobContext } from './registration.ts';
import { Kill, RateLimited, Snooze } from './steering.ts';

interface ContextPorts {
	push: PushFunction;
	log: WorkerLog;
	/** Extends a lease by its worker's usual length. */
	extend: (lease: Lease) => Promise<void>;
}

/** What a handler may use while it works on this delivery. */
export function contextOf(delivery: Delivery, { push, log, extend }: ContextPorts): JobContext {
	const { job } = delivery;
	let children = 0;
	return {
		get signal() {
			return delivery.signal;
		},
		token: job.token,
		attempt: job.attempt,
		log: (message, details = {}) => log.info(message, { job: job.id, attempt: job.attempt, ...details }),
		progress: async (value) => {
			const progress = toJson(value, 'progress', LIMITS.outcomeBytes);
			return extend({ id: job.id, token: job.token, progress });
		},
		snooze: (duration) => {
			throw new Snooze(duration);
		},
		kill: (reason) => {
			throw new Kill(reason);
		},
		rateLimited: (duration) => {
			throw new RateLimited(duration);
		},
		push: async (topic, data, said = {}) => {
			children++;
			const options = { parent: job.id, ...said };
			if (options.idempotencyKey !== undefined) return push(topic, data, options);
			const key = `${job.id}/${children}`;
			try {
				return await push(topic, data, { ...options, idempotencyKey: key });
			} catch (error) {
				// An earlier run pushed other data here. This is another job then, and not a mistake of the handler.
				if (!isMillraceError(error) || error.code !== 'IDEMPOTENCY_CONFLICT') throw error;
				return push(topic, data, { ...options, idempotencyKey: `${key}/${job.token}` });
			}
		},
	};
}
