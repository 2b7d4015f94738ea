import type { Extra } from '../results.ts';
import { scriptCosts } from './costs.ts';
import { depth } from './depth.ts';
import { httpPushes } from './http.ts';
import { idle } from './idle.ts';
import { pressure } from './pressure.ts';
import { secondServer } from './second-server.ts';

export interface ExtraOptions {
	/** Seconds instead of minutes, to see that it works. */
	smoke: boolean;
	rounds: number;
}

/** Measurements that are not queues side by side. */
export async function runExtras(options: ExtraOptions): Promise<Extra[]> {
	const extras: Extra[] = [];
	for (const measure of [httpPushes, secondServer, idle, pressure, scriptCosts, depth]) {
		const extra = await measure(options).catch((error: Error) => ({
			title: measure.name,
			rows: [],
			note: error.message,
		}));
		for (const { what, figures, unit } of extra.rows) {
			console.log(`${extra.title}: ${what}: ${figures.map((figure) => figure.toFixed(2)).join(' ')} ${unit}`);
		}
		if (extra.rows.length === 0) console.log(`skipped: ${extra.title}: ${extra.note}`);
		extras.push(extra);
	}
	return extras;
}
