import type { Durability } from '../engine.ts';
import type { Client } from './connection.ts';

export interface Safety {
	durability: Durability;
	/** Whether it writes a log of what changes. False for one that hides its settings. */
	hasLog: boolean;
	/** What may be lost of it, and how to change that; null when nothing is. */
	notice: string | null;
}

/**
 * `fsynced` only where Redis writes its log to disk before it answers. `everysec` loses answered writes at a power cut
 * or at kill -9 while an fsync is slow, and a server that hides its settings is not given the benefit of the doubt.
 */
export async function readSafety(client: Client): Promise<Safety> {
	const settings = await readSettings(client, 'appendonly', 'appendfsync');
	const [on, when] = [settings.get('appendonly'), settings.get('appendfsync')];
	if (on === 'yes' && when === 'always') return { durability: 'fsynced', hasLog: true, notice: null };
	return { durability: 'memory', hasLog: on === 'yes', notice: `${whatIsLost(on, when)} ${REMEDY}` };
}

const REMEDY = 'With appendonly yes and appendfsync always an answer means that it is on disk.';

function whatIsLost(on: string | undefined, when: string | undefined): string {
	if (on === undefined) return 'Redis hides its settings (CONFIG GET), so that answers promise no more than memory.';
	if (on !== 'yes') return 'Redis has appendonly no: what is answered is lost when it ends, up to its last snapshot.';
	return `Redis has appendfsync ${when}: the last second of what is answered, and more while its disk is slow, is lost when its machine fails.`;
}

async function readSettings(client: Client, ...names: string[]): Promise<Map<string, string>> {
	try {
		const reply: unknown = await client.sendCommand(['CONFIG', 'GET', ...names]);
		const texts = (Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat()) as string[];
		return new Map(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : [])));
	} catch {
		return new Map();
	}
}
