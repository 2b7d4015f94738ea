import { expect } from 'vitest';
import type { Answer, Api } from './kit.ts';

/** Sends bad input to a topic that holds a waiting, a delayed and an active job, and holds that nothing has changed. */
export async function refused(api: Api, send: () => Promise<Answer>, status = 400): Promise<Answer> {
	await api.push('t', { data: 1 });
	await api.take('t');
	await api.push('t', { data: 2 }, { data: 3, delayMs: 1_000 });
	const before = await api.counts();
	const answer = await send();
	expect(answer.status, answer.text).toBe(status);
	expect(await api.counts()).toEqual(before);
	expect(answer.text).not.toMatch(/\.ts:|\.js:|node_modules/);
	return answer;
}
