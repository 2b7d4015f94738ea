import { topicsKey } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** How many names one command reads. */
const PAGE = 1_000;

/** The zset of all topic names. It lives outside the topics' slots, so a script can't keep it. */
export class TopicNames {
	readonly #scripts: Scripts;
	/** Names that this process has stored since it last connected. A topic costs one extra command, once. */
	#known = new Set<string>();

	constructor(scripts: Scripts) {
		this.#scripts = scripts;
	}

	/** Stores names before their topics get a first key, so that no topic is ever out of the sight of maintenance. */
	async add(topics: Set<string>): Promise<void> {
		const fresh = [...topics].filter((topic) => !this.#known.has(topic));
		if (fresh.length === 0) return;
		const entries = fresh.flatMap((topic) => ['0', topic]);
		await this.#scripts.command(['ZADD', topicsKey(this.#scripts.prefix), ...entries], true);
		for (const topic of fresh) this.#known.add(topic);
	}

	/** A store that comes back may have come back empty: nothing is taken as known any more. */
	forget(): void {
		this.#known.clear();
	}

	/** Up to `limit` names after `after`, in their order. */
	page(after: string | null, limit: number): Promise<string[]> {
		const start = after === null ? '-' : `(${after}`;
		const key = topicsKey(this.#scripts.prefix);
		return this.#scripts.command(['ZRANGE', key, start, '+', 'BYLEX', 'LIMIT', '0', String(limit)], false);
	}

	async all(): Promise<string[]> {
		const names: string[] = [];
		while (true) {
			const page = await this.page(names.at(-1) ?? null, PAGE);
			names.push(...page);
			if (page.length < PAGE) return names;
		}
	}
}
