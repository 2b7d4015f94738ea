import { connect } from 'node:net';

const BODY = '{"topics":["t"]}';

const post = (...headers: string[]) =>
	`POST /v1/take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers.map((one) => `${one}\r\n`).join('')}\r\n`;

/** What is no request, or could be read as two different ones. */
export const UNFRAMED: [how: string, bytes: string][] = [
	['two lengths', `${post('Content-Length: 16', 'Content-Length: 5')}${BODY}`],
	['a length beside chunks', `${post('Content-Length: 16', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
	['a chunk that is none', `${post('Transfer-Encoding: chunked')}zz\r\n${BODY}\r\n0\r\n\r\n`],
	['a chunk longer than it says', `${post('Transfer-Encoding: chunked')}3\r\n${BODY}\r\n0\r\n\r\n`],
	['another transfer coding', `${post('Transfer-Encoding: gzip')}${BODY}`],
	['a negative length', `${post('Content-Length: -1')}${BODY}`],
	['a length that is none', `${post('Content-Length: 1e2')}${BODY}`],
	['a huge length', `${post('Content-Length: 99999999999999999999')}${BODY}`],
	['another version', 'GET /livez HTTP/3.0\r\nHost: x\r\n\r\n'],
	['no host', 'GET /livez HTTP/1.1\r\n\r\n'],
	['garbage', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n'],
	['a method that is none', 'STEAL /livez HTTP/1.1\r\nHost: x\r\n\r\n'],
	['a space before the colon', 'GET /livez HTTP/1.1\r\nHost : x\r\n\r\n'],
	['a folded header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
	['a NUL in a header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\u0000c\r\n\r\n'],
	['headers too large', `GET /livez HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
	['a path too large', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
	['a NUL in the path', 'GET /a\u0000b HTTP/1.1\r\nHost: x\r\n\r\n'],
];

/** Sends bytes over a connection of their own, and gives back all that came until the server closed it. */
export function sendBytes(url: string, bytes: string): Promise<string> {
	const { hostname, port } = new URL(url);
	return new Promise((done, fail) => {
		let answer = '';
		const socket = connect(Number(port), hostname, () => socket.end(Buffer.from(bytes, 'latin1')));
		socket.setTimeout(20_000, () => socket.destroy(new Error(`no end after ${JSON.stringify(bytes.slice(0, 200))}`)));
		socket.on('data', (part) => {
			answer += part;
		});
		socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? done(answer) : fail(error)));
		socket.on('close', () => done(answer));
	});
}
