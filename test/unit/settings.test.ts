import { expect, test } from 'vitest';
import { DEFAULT_RETENTION, patchSettings, type TopicSettings } from '../../src/core/settings.ts';

const settings: TopicSettings = { maxAttempts: 3, leaseMs: 500, dead: { count: 5, ageMs: 1_000 } };

test('a field that is given replaces, and an absent one stays', () => {
	expect(patchSettings(settings, { leaseMs: 900 })).toEqual({ ...settings, leaseMs: 900 });
	expect(patchSettings(settings, {})).toEqual(settings);
	expect(patchSettings<TopicSettings>({}, { maxAttempts: 1 })).toEqual({ maxAttempts: 1 });
});

test('null removes a field, whether it was there or not', () => {
	const patched = patchSettings(settings, { leaseMs: null, backoff: null });
	expect(patched).toEqual({ maxAttempts: 3, dead: settings.dead });
	expect(Object.keys(patched)).toEqual(['maxAttempts', 'dead']);
});

test('a nested field is replaced whole', () => {
	expect(patchSettings(settings, { dead: { count: 0, ageMs: 0 } }).dead).toEqual({ count: 0, ageMs: 0 });
});

test('neither the settings nor the patch is changed', () => {
	const before = structuredClone(settings);
	const patch = { leaseMs: null, maxAttempts: 7 };
	patchSettings(settings, patch);
	expect(settings).toEqual(before);
	expect(patch).toEqual({ leaseMs: null, maxAttempts: 7 });
});

test('what nobody has set is bounded all the same', () => {
	expect(DEFAULT_RETENTION).toEqual({
		completed: { count: 1_000, ageMs: 3_600_000 },
		dead: { count: 10_000, ageMs: 604_800_000 },
		cancelled: { count: 1_000, ageMs: 86_400_000 },
	});
});
