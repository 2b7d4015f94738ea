import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `condition` gives something truthy, and gives it back. Only for states that send no signal. */
export async function until<T>(
	condition: () => T | Promise<T>,
	{ timeoutMs = 10_000, what = 'the condition' } = {},
): Promise<NonNullable<T>> {
	const deadline = Date.now() + timeoutMs;
	while (true) {
		const value = await condition();
		if (value) return value;
		if (Date.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
		await pause(5);
	}
}
