import { SettingsPatchSchema } from '../core/options.ts';
import type { SettingsPatch } from '../core/settings.ts';
import { checker } from '../core/validate.ts';

const Settings = checker(SettingsPatchSchema, 'settings');

/** @throws INVALID, with the first field that is wrong */
export function checkSettings(patch: unknown): SettingsPatch {
	return Settings.check(patch);
}
