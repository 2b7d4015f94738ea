import type { Breakage } from './breakage.ts';

/** Of a text that is no body as docs/http.md has it. */
function asText(how: string, make: (text: string, luck: number) => string | Buffer, statuses = [400]): Breakage {
	return (request, luck) => {
		const { body, route } = request;
		if (route.body === undefined || typeof body !== 'string' || !body.startsWith('{')) return undefined;
		return { how, request: { ...request, body: make(body, luck) }, statuses };
	};
}

const member = (extra: string) => (text: string) => (text === '{}' ? `{${extra}}` : `{${extra},${text.slice(1)}`);

/** Bodies that are no JSON, or such as two readers could read differently. */
export const TEXTS: Breakage[] = [
	asText('cut off', (text, luck) => text.slice(0, 1 + (luck % (text.length - 1)))),
	asText('a trailing comma', (text) => `${text.slice(0, -1)},}`),
	asText('more after it', (text) => `${text}{}`),
	asText('a key twice', (text) => `{"k":1,"\\u006b":1,${text.slice(1)}`.replace(/,}$/, '}')),
	asText('__proto__', member('"__proto__":{"a":1}')),
	asText('constructor.prototype', member('"constructor":{"prototype":{}}')),
	asText('nested deeply', (text) => member(`"data":${'['.repeat(200)}${']'.repeat(200)}`)(text)),
	asText('nested beyond every stack', (text) => member(`"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`)(text)),
	asText(
		'a raw NUL',
		(text, luck) => `${text.slice(0, 1 + (luck % text.length))}\u0000${text.slice(1 + (luck % text.length))}`,
	),
	asText('bytes that are not UTF-8', (text) =>
		Buffer.concat([Buffer.from('{"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(`":1,${text.slice(1)}`)]),
	),
	asText('UTF-16', (text) => Buffer.from(text, 'utf16le')),
	asText('a number beyond numbers', member('"priority":1e400')),
	asText('too long', (text) => member(`"x":"${'a'.repeat(262_144)}"`)(text), [413]),
	asText('an array', (text) => `[${text}]`),
	asText('a text', (text) => JSON.stringify(text)),
];
