import type { TSchema } from 'typebox';

/** JSON Schema 2020-12 as plain values. */
export interface JsonSchema {
	[keyword: string]: unknown;
}

/** What schemas say beyond JSON Schema. */
interface Notes {
	/** The name under which it stands once, and is referred to. */
	component?: string;
	/** What a component is. `description` says what it is for where it stands. */
	about?: string;
	/** What messages say is expected: `must be …`. */
	expected?: string;
	/** What of the rule in a function JSON Schema can say. */
	json?: JsonSchema;
}

/** The same schema, with what it is for where it stands. */
export function say<S extends TSchema>(schema: S, description: string): S {
	return { ...schema, description };
}

/** Turns the schemas of the readers into published ones, and gathers those that have a name. */
export class Components {
	readonly schemas: Record<string, JsonSchema> = {};
	readonly #definitions: Readonly<Record<string, TSchema>>;

	/** @param definitions what stands under a name, where that is not the schema that bears it */
	constructor(definitions: Readonly<Record<string, TSchema>>) {
		this.#definitions = definitions;
	}

	/** A reference for a schema with a name, otherwise the schema itself. */
	of(schema: TSchema): JsonSchema {
		const { component, description } = schema as TSchema & Notes & { description?: string };
		if (component === undefined) return this.#published(schema, description);
		this.#define(component, schema);
		return { $ref: `#/components/schemas/${component}`, ...given({ description }) };
	}

	#define(name: string, schema: TSchema): void {
		if (Object.hasOwn(this.schemas, name)) return;
		// Before what is inside: it may refer to itself.
		this.schemas[name] = {};
		const definition = this.#definitions[name] ?? schema;
		this.schemas[name] = this.#published(definition, (definition as Notes).about);
	}

	#published(schema: TSchema, description: string | undefined): JsonSchema {
		const { component: _, about: _a, expected, json, ...keywords } = schema as TSchema & Notes;
		// What it is for where it stands is not what it is.
		const { description: _d, ...plain } = keywords as JsonSchema;
		const words = description ?? expected?.replace(/^must be /, '');
		return { ...this.#inside(plain), ...json, ...given({ description: words }) };
	}

	#inside(keywords: JsonSchema): JsonSchema {
		const { properties, items, anyOf, ...plain } = keywords as JsonSchema & {
			properties?: Record<string, TSchema>;
			items?: TSchema;
			anyOf?: TSchema[];
		};
		if (anyOf !== undefined) return { ...plain, ...this.#either(anyOf) };
		const members = properties && Object.entries(properties).map(([name, one]) => [name, this.of(one)]);
		return {
			...plain,
			...given({ properties: members && Object.fromEntries(members), items: items && this.of(items) }),
		};
	}

	/** Words of which one is meant are an `enum`. */
	#either(branches: TSchema[]): JsonSchema {
		const words = branches.map((one) => (one as { const?: unknown }).const);
		if (words.every((word) => typeof word === 'string')) return { type: 'string', enum: words };
		return { anyOf: branches.map((one) => this.of(one)) };
	}
}

function given(values: Record<string, unknown>): JsonSchema {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
