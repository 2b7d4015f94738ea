import { isTopic, TOPIC_PATTERN } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { Rule } from './rules.ts';

/**
 * What a key may be for. `push` adds jobs and reads none, `work` takes and settles them, `observe` looks and waits for results,
 * `operate` acts on jobs and topics. `admin` stands for all of them, and on every topic also for the keys themselves.
 */
export const SCOPES = ['push', 'work', 'observe', 'operate', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** A scope on some topics: `push:emails` is one topic, `push:emails*` all that begin so, `push:*` all. A denial is written alike. */
export type Grant = string;

/** What a key may and may not do. A denial wins over every grant; what no grant allows is not allowed. */
export interface Rights {
	allow: readonly Grant[];
	deny: readonly Grant[];
}

/** For what is about no topic in particular: it shows, or changes, things of all of them. */
export const EVERY_TOPIC = null;

interface Parsed {
	scope: Scope;
	/** What the names of its topics begin with, or the one name. */
	text: string;
	isPrefix: boolean;
}

export const GRANT: Rule = {
	expected: `must be SCOPE:TOPIC, SCOPE:PREFIX* or SCOPE:*, with a scope of ${SCOPES.join(', ')}`,
	allows: (value) => typeof value === 'string' && parseGrant(value) !== undefined,
	json: { pattern: `^(?:${SCOPES.join('|')}):(?:${TOPIC_PATTERN.slice(1, -1)}\\*?|\\*)$` },
};

/** The parts of a grant; undefined for what is none. */
function parseGrant(grant: Grant): Parsed | undefined {
	const colon = grant.indexOf(':');
	const scope = SCOPES.find((one) => one === grant.slice(0, Math.max(0, colon)));
	const pattern = grant.slice(colon + 1);
	const isPrefix = pattern.endsWith('*');
	const text = isPrefix ? pattern.slice(0, -1) : pattern;
	if (scope === undefined || text.length > LIMITS.topicLength) return undefined;
	// The beginning of a name is itself a name, unless it is empty.
	if (!isTopic(text) && !(isPrefix && text === '')) return undefined;
	return { scope, text, isPrefix };
}

/** Decides for one key, whose grants are read once. */
export class Access {
	readonly #allow: Parsed[];
	readonly #deny: Parsed[];
	readonly #isUnreadable: boolean;

	constructor({ allow, deny }: Rights) {
		this.#allow = allow.map(parseGrant).filter((one) => one !== undefined);
		this.#deny = deny.map(parseGrant).filter((one) => one !== undefined);
		// A later version may know denials that this one does not: then nothing is safe to allow.
		this.#isUnreadable = this.#deny.length < deny.length;
	}

	/** @param topic a topic, or `EVERY_TOPIC`, which needs a grant for all topics and no denial for any */
	allows(scope: Scope, topic: string | typeof EVERY_TOPIC): boolean {
		if (this.#isUnreadable) return false;
		if (topic !== EVERY_TOPIC) return has(this.#allow, scope, topic) && !has(this.#deny, scope, topic);
		return covering(this.#allow, scope).some(isAll) && covering(this.#deny, scope).length === 0;
	}

	/** Whether there may be a topic on which the scope is allowed: without one no request of that scope need be read. */
	allowsSome(scope: Scope): boolean {
		if (this.#isUnreadable || covering(this.#deny, scope).some(isAll)) return false;
		return covering(this.#allow, scope).length > 0;
	}
}

/** `admin` stands for every scope, in grants and in denials. */
function covering(rules: Parsed[], scope: Scope): Parsed[] {
	return rules.filter((rule) => rule.scope === scope || rule.scope === 'admin');
}

function has(rules: Parsed[], scope: Scope, topic: string): boolean {
	return covering(rules, scope).some(({ text, isPrefix }) => (isPrefix ? topic.startsWith(text) : topic === text));
}

function isAll({ text, isPrefix }: Parsed): boolean {
	return isPrefix && text === '';
}
