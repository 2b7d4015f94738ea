import { type Fill, megabytes } from '../../core/headroom.ts';
import type { Info } from './server-check.ts';

/** From this share of maxmemory on pushes are refused. */
const FULL = 0.85;
const NEAR = 0.6;

/** How full Redis is; null when it has no limit. */
export function memoryFill(info: Info): Fill | null {
	const [used, limit] = [Number(info.get('used_memory')), Number(info.get('maxmemory'))];
	if (!(limit > 0) || Number.isNaN(used)) return null;
	const message =
		`Redis uses ${megabytes(used)} of its maxmemory of ${megabytes(limit)}; from ${FULL * 100} % on pushes are refused, ` +
		'so that the jobs which are there can be worked off. Complete or delete jobs, or give it more memory.';
	return { room: FULL * limit - used, near: used >= NEAR * limit, message };
}
