import type { PushFunction } from '../client/job-handle.ts';
import { isMillraceError } from '../core/errors.ts';
import type { Delivery } from './delivery.ts';
import type { JobContext } from './registration.ts';
import { Kill, Snooze } from './steering.ts';
import type { WorkerLog } from './worker.ts';

interface ContextPorts {
	push: PushFunction;
	log: WorkerLog;
}

/** What a handler may use while it works on this delivery. */
export function contextOf({ job, signal }: Delivery, { push, log }: ContextPorts): JobContext {
	let children = 0;
	return {
		signal,
		token: job.token,
		attempt: job.attempt,
		log: (message, details = {}) => log.info(message, { job: job.id, attempt: job.attempt, ...details }),
		snooze: (duration) => {
			throw new Snooze(duration);
		},
		kill: (reason) => {
			throw new Kill(reason);
		},
		push: async (topic, data, options = {}) => {
			children++;
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
