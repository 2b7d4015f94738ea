import { randomBytes } from 'node:crypto';

/** A key prefix that no other test has: it keeps tests apart on the shared Redis server. */
export function randomPrefix(): string {
	return `t${randomBytes(6).toString('hex')}`;
}
