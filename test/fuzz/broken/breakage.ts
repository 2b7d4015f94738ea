import type { Request } from '../requests.ts';

/** A request with one thing wrong, and how it must be refused. */
export interface Broken {
	how: string;
	request: Request;
	statuses: number[];
}

/** Breaks a request in one place; undefined where it has no such place. @param luck any number, which decides where */
export type Breakage = (request: Request, luck: number) => Broken | undefined;
