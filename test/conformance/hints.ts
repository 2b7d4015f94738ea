import { expect, onTestFinished, test } from 'vitest';
import type { Engine, WorkHint } from '../../src/engine/engine.ts';
import { until } from '../support/wait.ts';
import { type GetSubject, pushOne } from './kit.ts';

export function hintTests(subject: GetSubject): void {
	const listen = (engine: Engine) => {
		const hints: WorkHint[] = [];
		onTestFinished(engine.onWork((hint) => hints.push(hint)));
		return hints;
	};

	test('a push to an empty topic is hinted at', async () => {
		const { engine } = subject();
		const hints = listen(engine);
		await pushOne(engine, 'emails');
		const isIt = ({ topic, inMs }: WorkHint) => topic === 'emails' && inMs === 0;
		await until(() => hints.some(isIt), { what: 'a hint at work' });
	});

	test('a push through one engine is hinted at by another on the same store', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing, 'one engine owns the store');
		const hints = listen(await openAnother());
		await pushOne(engine, 'emails');
		await until(() => hints.some(({ topic }) => topic === 'emails'), { what: 'a hint at work' });
	});

	test('a listener that has unregistered hears no more', async () => {
		const { engine } = subject();
		const heard = listen(engine);
		const silent: WorkHint[] = [];
		const unregister = engine.onWork((hint) => silent.push(hint));
		unregister();
		unregister();
		await pushOne(engine, 'emails');
		await until(() => heard.length > 0, { what: 'a hint at work' });
		expect(silent).toEqual([]);
	});
}
