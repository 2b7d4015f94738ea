/** A promise that did not settle in time. */
export class DeadlineError extends Error {
	override readonly name = 'DeadlineError';
}

/** Settles as `promise` does, or rejects with a DeadlineError after `ms`. The promise itself can't be stopped. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new DeadlineError(`no answer in ${Math.round(ms)} ms`)), Math.max(0, ms));
		promise.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}

export function after(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
