import type { Clock } from '../core/clock.ts';
import type { Operations } from '../core/operation.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResultWaiter } from '../engine/results.ts';
import type { TopicDefaults } from '../engine/topic-defaults.ts';
import type { WaitingTakes } from '../engine/waiting.ts';
import type { KeyRing } from './access/ring.ts';
import type { Audit } from './auditing.ts';
import type { Cancellations } from './cancellations.ts';

/** Where the server reports what no caller sees. A pino logger fits. */
export interface ServerLog {
	error(details: object, message: string): void;
	warn(details: object, message: string): void;
	info(details: object, message: string): void;
}

/** What the routes work with. */
export interface ServerContext {
	engine: Engine;
	/** For what an operator does by another verb than the engine's own for it. */
	audit: Audit;
	waiting: WaitingTakes;
	results: ResultWaiter;
	cancellations: Cancellations;
	topics: TopicDefaults;
	operations: Operations;
	/** Who may do what. */
	keys: KeyRing;
	log: ServerLog;
	/** Source of jitter, in [0, 1). */
	random: () => number;
	/** For words about time, and for a pause of so many ms. */
	clock: Clock;
	/** What /readyz calls the store. */
	store: string;
}
