import { GroupPatchSchema, SettingsPatchSchema } from '../core/options.ts';
import type { GroupPatch, SettingsPatch } from '../core/settings.ts';
import { checker } from '../core/validate.ts';

const Settings = checker(SettingsPatchSchema, 'settings');

const GroupSettings = checker(GroupPatchSchema, 'settings');

/** @throws INVALID, with the first field that is wrong */
export function checkSettings(patch: unknown): SettingsPatch {
	return Settings.check(patch);
}

/** @throws INVALID, with the first field that is wrong */
export function checkGroupSettings(patch: unknown): GroupPatch {
	return GroupSettings.check(patch);
}
