import fc from 'fast-check';
import { resolve, type Schema } from './api.ts';
import type { World } from './world.ts';

type Any = fc.Arbitrary<unknown>;

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }));

const ODD = [0, -0, 1e308, -1.5e-300, 9007199254740991, '', '\u0000', '\ud800', '\u2028', [], {}, null, 'constructor'];

/** Any JSON that a body may hold: such keys as could reach a prototype are for the broken requests. */
const anything: Any = fc
	.oneof({ arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 3 }, fc.constantFrom(...ODD), fc.constant(nested(40)))
	.map((value) => (/__proto__|prototype/.test(JSON.stringify(value)) ? null : value));

function nested(depth: number): unknown {
	return depth === 0 ? 1 : [nested(depth - 1)];
}

/** An element of what the world has by the time it is drawn, or something else when that is nothing. */
function oneOf<T>(list: () => T[], otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> {
	return fc.tuple(fc.nat(), otherwise, fc.integer({ min: 0, max: 9 })).map(([index, other, luck]) => {
		const found = list();
		return luck === 0 ? other : (found[index % Math.max(1, found.length)] ?? other);
	});
}

/** Values that fit a schema; of names and ids mostly such as there are. */
export function fitting(schema: Schema, world: World): Any {
	const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? '')?.[1];
	const special = name === undefined ? undefined : specials(world)[name];
	if (special !== undefined) return special(resolve(schema));
	const { anyOf, enum: words, const: word, type } = resolve(schema);
	if (anyOf !== undefined) return fc.oneof(...anyOf.map((one: Schema) => fitting(one, world)));
	if (words !== undefined) return fc.constantFrom(...words);
	if (word !== undefined) return fc.constant(word);
	switch (type) {
		case 'object':
			return objects(resolve(schema), world);
		case 'array':
			return arrays(resolve(schema), world);
		case 'integer':
			return numbers(resolve(schema));
		case 'number':
			return fc.double({ ...boundsOf(resolve(schema)), noNaN: true, noDefaultInfinity: true });
		case 'string':
			return strings(resolve(schema));
		case 'boolean':
			return fc.boolean();
		case 'null':
			return fc.constant(null);
		default:
			return anything;
	}
}

/** Nobody waits here, and of cursors only those of earlier answers fit. */
const SMALL: Record<string, Any> = { waitMs: fc.constantFrom(0, 1, 5), cursor: fc.constant('') };

function objects({ properties = {}, required = [] }: Schema, world: World): Any {
	const fields = Object.entries<Schema>(properties).map(([name, one]) => {
		const value = SMALL[name] ?? fitting(one, world);
		const isSure = required.includes(name);
		return fc.tuple(
			fc.constant(name),
			value,
			isSure ? fc.constant(true) : fc.integer({ max: 3, min: 0 }).map((n) => n === 0),
		);
	});
	return fc.tuple(...fields).map((all) => Object.fromEntries(all.filter(([, , isThere]) => isThere)));
}

function arrays({ items, minItems = 0, maxItems = 20 }: Schema, world: World): Any {
	const one = fitting(items, world);
	const most = Math.min(maxItems, 6);
	return fc.oneof(
		{ arbitrary: fc.array(one, { minLength: minItems, maxLength: most }), weight: 60 },
		{ arbitrary: one.map((item) => Array.from({ length: Math.min(maxItems, 150) }, () => item)), weight: 1 },
	);
}

function boundsOf({ minimum, maximum }: Schema): { min?: number; max?: number } {
	return { ...(minimum === undefined ? {} : { min: minimum }), ...(maximum === undefined ? {} : { max: maximum }) };
}

/** Mostly small, and the bounds themselves. */
function numbers(schema: Schema): Any {
	const { min = 0, max = Number.MAX_SAFE_INTEGER } = boundsOf(schema);
	return fc.oneof(
		fc.integer({ min, max: Math.min(max, min + 50) }),
		fc.constantFrom(min, max),
		fc.maxSafeInteger().map((n) => Math.min(max, Math.max(min, n))),
	);
}

function strings({ pattern, minLength = 0, maxLength = 40 }: Schema): Any {
	const long = fc.constantFrom('é', '🙂', 'a', ' ').map((one) => one.repeat(maxLength));
	const drawn = fc.oneof({ arbitrary: text, weight: 9 }, long);
	if (pattern === undefined) return drawn.filter((one) => [...one].length >= minLength);
	const fits = new RegExp(pattern, 'u');
	if (!fits.test('a') && !fits.test('a:1')) return fc.stringMatching(new RegExp(pattern));
	return drawn.map((one) => (fits.test(one) && [...one].length <= maxLength ? one : fits.test('a') ? 'a' : 'a:1'));
}

/** Where a schema cannot say all, or where what there is tells more than what may be. */
function specials(world: World): Record<string, (schema: Schema) => Any> {
	const job = oneOf(
		() => world.jobs,
		fc.tuple(fc.constantFrom(...world.topics), fc.constantFrom(1, 1732616363278)).map((parts) => parts.join(':')),
	);
	const delivery = oneOf(
		() => world.deliveries,
		fc.record({ id: job, token: fc.constantFrom(1, 2, 9007199254740991) }),
	);
	return {
		TopicName: () => fc.constantFrom(...world.topics),
		GroupName: () => fc.constantFrom(...world.groups),
		JobId: () =>
			fc.oneof(
				job,
				delivery.map(({ id }) => id),
			),
		Lease: (schema) => delivered(schema),
		Outcome: ({ anyOf }) => fc.oneof(...anyOf.map(delivered)),
		OperationId: () => oneOf(() => world.operations, fc.constant('op-1b4e28ba-2fa1-4d6c-8c1f-b9f4f5a1c0de')),
		KeyId: () => oneOf(() => world.keys, fc.constant('0123456789abcdef')),
		NewJob: (schema) => objects(schema, world).map(oneTime),
		Rate: (schema) =>
			objects(schema, world).map((rate: Schema) => ({ ...rate, burst: Math.min(rate.burst ?? 1, rate.limit) })),
		OperationRequest: ({ anyOf }) =>
			fc.oneof(...anyOf.map((one: Schema) => fitting(one, world))).map((one) => inOneTopic(one, world)),
	};

	function delivered(schema: Schema): Any {
		return fc.tuple(objects(resolve(schema), world), delivery).map(([one, of]) => ({ ...(one as object), ...of }));
	}
}

export function oneTime(job: Schema): Schema {
	const { runAt, ...rest } = job;
	return 'delayMs' in rest || runAt === undefined ? rest : job;
}

/** Ids of the topic, and a move to another one. */
function inOneTopic(request: Schema, { topics }: World): Schema {
	const { filter } = request;
	const ids = filter.ids?.filter((id: string) => id.startsWith(`${filter.topic}:`));
	const { ids: _, ...rest } = filter;
	const other = topics.find((topic) => topic !== filter.topic);
	return {
		...request,
		filter: ids?.length > 0 ? { ...rest, ids } : rest,
		...(request.action === 'move' ? { to: other } : {}),
	};
}
