import { type ErrorCode, isMillraceError } from '../core/errors.ts';
import type { Answer } from '../engine/remote/answers.ts';
import { Calls } from '../engine/remote/calls.ts';
import { Transport } from '../engine/remote/transport.ts';
import { AUTH_EXIT, Failure, UNREACHABLE_EXIT, USAGE_EXIT } from './failure.ts';

/** How a command reaches the server that it is about. */
export interface ServerOptions {
	url: string;
	key?: string;
}

/** What scripts may tell apart; everything else is 1. */
const EXITS: Partial<Record<ErrorCode, number>> = {
	INVALID: USAGE_EXIT,
	NOT_FOUND: 3,
	UNAUTHENTICATED: AUTH_EXIT,
	FORBIDDEN: AUTH_EXIT,
	UNAVAILABLE: UNREACHABLE_EXIT,
	AMBIGUOUS: UNREACHABLE_EXIT,
	CLOSED: UNREACHABLE_EXIT,
};

const DEADLINE_MS = 5_000;

interface Asked {
	method: 'GET' | 'POST' | 'DELETE';
	path: string;
	body?: object;
	/** Made twice it does what once does. */
	repeatable: boolean;
}

/** Asks the server once. Whatever goes wrong is a Failure with one line. */
export async function ask<T>({ url, key }: ServerOptions, { method, path, body, repeatable }: Asked): Promise<T> {
	try {
		const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
		const calls = new Calls(new Transport({ url, headers }), DEADLINE_MS);
		const read = ({ value }: Answer) => value as T;
		const kind = method === 'GET' ? 'read' : repeatable ? 'repeatable' : 'once';
		const result = await calls.run({ method, path, kind, read, ...(body && { body: JSON.stringify(body) }) });
		await calls.close();
		return result;
	} catch (error) {
		if (!isMillraceError(error)) throw error;
		throw new Failure(error.message, EXITS[error.code] ?? 1);
	}
}
