import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Fill, megabytes } from '../../core/headroom.ts';

/** Space on the file system of a store, in bytes. */
export interface Space {
	free: number;
	size: number;
}

/** What stays free for the work on jobs that are there: completions, the WAL and its checkpoints. On a small file system it is a tenth. */
const RESERVE_BYTES = 64 * 1_048_576;
const RESERVE_SHARE = 0.1;

export async function spaceAt(path: string): Promise<Space> {
	const { bavail, blocks, bsize } = await statfs(dirname(resolve(path)));
	return { free: bavail * bsize, size: blocks * bsize };
}

export function spaceFill({ free, size }: Space): Fill {
	const reserve = Math.min(RESERVE_BYTES, size * RESERVE_SHARE);
	const message =
		`The disk of the store has ${megabytes(free)} left; below ${megabytes(reserve)} pushes are refused, ` +
		'so that the jobs which are there can be worked off. Free some space, or complete or delete jobs.';
	return { room: free - reserve, near: free < 4 * reserve, message };
}
