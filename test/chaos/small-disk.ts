import { spawnSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const SIZE = '3g';

/** Makes a folder a file system of its own until the test has finished. @returns why not; undefined when it is one */
export function mountSmallDisk(dir: string): string | undefined {
	if (process.getuid?.() !== 0) return 'only root may mount a small file system';
	const { error, status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', dir]);
	if (error !== undefined || status !== 0) return `mount fails: ${error?.message ?? String(stderr).trim()}`;
	onTestFinished(() => void spawnSync('umount', ['-l', dir]));
	return undefined;
}

/** Takes all the room that a file system has left. @returns the file that has it */
export function fill(dir: string): string {
	const ballast = join(dir, 'ballast');
	const piece = Buffer.alloc(1_048_576, 1);
	for (let length = piece.length; length > 0; ) {
		const { bavail, bsize } = statfsSync(dir);
		length = Math.min(piece.length, bavail * bsize);
		try {
			if (length > 0) writeFileSync(ballast, piece.subarray(0, length), { flag: 'a' });
		} catch {
			// Somebody else was faster by a page.
			return ballast;
		}
	}
	return ballast;
}
