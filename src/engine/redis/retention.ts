import { DEFAULT_RETENTION } from '../../core/settings.ts';

const { completed, dead, cancelled } = DEFAULT_RETENTION;

/** How many finished jobs of each kind a topic keeps by default, as finish.lua reads it. */
export const KEEP = [completed, dead, cancelled].map(({ count }) => count).join(' ');

/** How long it keeps them by default. */
export const KEEP_MS = [completed, dead, cancelled].map(({ ageMs }) => ageMs).join(' ');
