import type { Schema } from '../api.ts';
import { type Request, withBody } from '../requests.ts';
import type { Breakage, Broken } from './breakage.ts';

const WRONG = [
	null,
	true,
	-1,
	1.5,
	1e300,
	9007199254740992,
	'',
	'x y',
	'\u0000',
	'\ud800',
	'a'.repeat(3_000),
	[],
	[[]],
	{},
	{ a: 1 },
];

/** A value that is not what the schema says, somewhere in the body. What happens to fit all the same is no breakage. */
const wrongValue: Breakage = (request, luck) =>
	changed(request, 'a wrong value', (value) => {
		const places = placesIn(value);
		const place = places[luck % places.length];
		if (place === undefined) return WRONG[luck % WRONG.length];
		place.holder[place.key] = WRONG[(luck >> 8) % WRONG.length];
		return value;
	});

const missing: Breakage = (request, luck) =>
	changed(request, 'a field is missing', (value) => {
		const places = placesIn(value).filter(({ holder }) => !Array.isArray(holder));
		const place = places[luck % places.length];
		if (place !== undefined) delete place.holder[place.key];
		return value;
	});

const unknown: Breakage = (request, luck) =>
	changed(request, 'an unknown field', (value) => {
		const holders = [value, ...placesIn(value).map(({ holder, key }) => holder[key])];
		const records = holders.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
		const record = records[luck % records.length];
		if (record !== undefined) record[['constructor', 'toString', 'ID', 'prio', ''][luck % 5] ?? ''] = 1;
		return value;
	});

const tooMany: Breakage = (request) =>
	changed(request, 'too many', (value) => {
		const place = placesIn(value).find(({ holder, key }) => Array.isArray(holder[key]) && holder[key].length > 0);
		if (place !== undefined) place.holder[place.key] = Array(1_001).fill(place.holder[place.key][0]);
		return value;
	});

export const VALUES: Breakage[] = [wrongValue, wrongValue, wrongValue, missing, unknown, tooMany];

function changed(request: Request, how: string, change: (value: Schema) => Schema): Broken | undefined {
	const { route, value } = request;
	if (value === undefined || route.fits === undefined) return undefined;
	const wrong = change(structuredClone(value));
	const text = JSON.stringify(wrong);
	if (text === undefined || text.length > 250_000 || route.fits(JSON.parse(text))) return undefined;
	return { how, request: withBody(request, text), statuses: [400, 413] };
}

/** Every place in a body that a schema says something of: payloads may be anything. */
function placesIn(value: Schema): { holder: Schema; key: string | number }[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries<Schema>(value).flatMap(([name, one]) => {
		const at = { holder: value, key: Array.isArray(value) ? Number(name) : name };
		return ['data', 'job', 'result', 'error', 'progress'].includes(name) ? [at] : [at, ...placesIn(one)];
	});
}
