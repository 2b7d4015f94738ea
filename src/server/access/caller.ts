import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import type { AuditEntry, ByKey } from '../../core/operation.ts';

/** Whose key a request has come with. */
export interface Caller {
	/** The key's id; `root` for that of the server's environment. */
	id: string;
	name: string;
}

/** Has `listener` called when the key ends before its request does; gives back how to stop listening. */
export type WhenEnded = (listener: () => void) => () => void;

declare module 'fastify' {
	interface FastifyRequest {
		/** null where no key is needed, and while none is in force. */
		caller: (Caller & { whenEnded: WhenEnded }) | null;
	}
}

/** The audit log is written below the routes, where nothing knows the request. Only the requests of operators run inside it. */
const callers = new AsyncLocalStorage<Caller>();

export function runAs(caller: Caller, work: () => void): void {
	callers.run(caller, work);
}

type Line = Omit<AuditEntry, 'at'>;

/** A line of the audit log as it is to be kept: a key says who did it, and what the caller says of itself stands beside that. */
export function attributed(line: Line): Line {
	const caller = callers.getStore();
	if (caller === undefined) return line;
	const { actor, ...rest } = line;
	return { ...byKey(caller, actor), ...rest };
}

/** Who does something, for what is kept with its actor. */
export function actorOf({ caller }: FastifyRequest, said: string | null): { actor: string | null } & ByKey {
	return caller === null ? { actor: said } : byKey(caller, said);
}

function byKey({ id, name }: Caller, said: string | null): { actor: string } & ByKey {
	return { actor: name, key: id, ...(said === null || said === name ? {} : { said }) };
}
