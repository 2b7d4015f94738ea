import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ErrorCode, MillraceError } from '../core/errors.ts';
import { refuse } from '../core/refuse.ts';
import type { ServerLog } from './context.ts';
import { problemOf } from './problem.ts';
import type { Pair } from './tls.ts';

/** What one connection may take of a server, before there is a request. */
export interface FramingLimits {
	/** Time for the headers of a request to arrive, in ms. Default 10000. */
	headersMs: number;
	/** Time for a whole request to arrive, in ms. An answer may take longer: a long poll does. Default 30000. */
	requestMs: number;
	/** Longest headers of a request together, in bytes. Default 16384. */
	headerBytes: number;
	/** Connections at once; what comes beyond them is closed. Default 10000. */
	connections: number;
}

export const FRAMING: FramingLimits = {
	headersMs: 10_000,
	requestMs: 30_000,
	headerBytes: 16_384,
	connections: 10_000,
};

/** How often Node looks for requests that arrive too slowly. */
const LOOK_MS = 1_000;

/** For Fastify's constructor. */
/** @param tls listen with TLS */
export function framingOptions({ headersMs, requestMs, headerBytes }: FramingLimits, tls?: Pair) {
	const http = {
		headersTimeout: headersMs,
		maxHeaderSize: headerBytes,
		connectionsCheckingInterval: Math.min(LOOK_MS, headersMs, requestMs),
		// A message that two readers could frame differently is how requests are smuggled.
		insecureHTTPParser: false,
		// We require it ourselves, in the words of this API.
		requireHostHeader: false,
	};
	const server = tls === undefined ? { http } : { https: { ...http, ...tls } };
	return { requestTimeout: requestMs, ...server, clientErrorHandler: answerUnframed };
}

/** Refuses what Node would refuse without a word of why. */
export function checkHeaders(app: FastifyInstance): void {
	app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
	app.addHook('onRequest', (request, reply, done) => {
		const fault = faultOfHeaders(request.raw);
		if (fault !== undefined) reply.header('connection', 'close');
		done(fault);
	});
}

function faultOfHeaders({ headers, httpVersion }: IncomingMessage): MillraceError | undefined {
	if (headers.host === undefined && httpVersion === '1.1') return refuse('host', 'must be given', undefined);
	const { expect } = headers;
	if (expect === undefined || /^100-continue$/i.test(expect)) return undefined;
	return refuse('expect', 'must be 100-continue or absent', expect);
}

/** Tells of the first connection of a row that is closed for there being too many, not of each. */
export function capConnections(server: Server, { connections }: FramingLimits, log: ServerLog): void {
	server.maxConnections = connections;
	let told = false;
	server.on('drop', () => {
		if (!told)
			log.warn(
				{ connections },
				'too many connections: new ones are closed; are there clients that open one a request?',
			);
		told = true;
	});
	server.on('connection', () => {
		told = false;
	});
}

interface Refusal {
	code: ErrorCode;
	detail: string;
}

const REFUSALS: Record<string, Refusal> = {
	ERR_HTTP_REQUEST_TIMEOUT: {
		code: 'REQUEST_TIMEOUT',
		detail: 'The request did not arrive in time; nothing was done. Send it again, in one go',
	},
	HPE_HEADER_OVERFLOW: {
		code: 'HEADERS_TOO_LARGE',
		detail: 'The headers are larger than the limit; nothing was done. Send fewer or shorter ones',
	},
};

const MALFORMED: Refusal = { code: 'INVALID', detail: 'The request is not HTTP as RFC 9112 has it; nothing was done' };

/** What is no request has no route: it is answered on the socket. */
function answerUnframed(
	this: unknown,
	error: NodeJS.ErrnoException,
	socket: Socket & { _httpMessage?: ServerResponse },
): unknown {
	const underWay = socket._httpMessage;
	// The fault is in what came behind a request that is being answered: its answer goes first, or the caller would take this one for it.
	if (underWay?.req.complete && !socket.destroyed) {
		return underWay.once('finish', () => answerUnframed.call(this, error, socket));
	}
	// The caller is gone, or an answer is under way that a second one would be mixed into.
	if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || underWay?.headersSent)
		return socket.destroy();
	const { code, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED;
	const refusal = new MillraceError(code, detail);
	const body = JSON.stringify(problemOf(refusal));
	const headers = [
		`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
		'content-type: application/problem+json',
		`content-length: ${Buffer.byteLength(body)}`,
		'cache-control: no-store',
		'connection: close',
	];
	return socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
