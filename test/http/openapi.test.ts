import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { ROUTES } from '../../src/server/access/routes.ts';
import { describeApi } from '../../src/server/openapi/document.ts';
import { DESCRIPTIONS } from '../../src/server/openapi/routes.ts';
import { ROOT_KEY } from './key-kit.ts';
import { startOnSqlite } from './kit.ts';

/** Untyped: its shape is what is tested. */
const api: ReturnType<typeof JSON.parse> = JSON.parse(JSON.stringify(describeApi()));

type Operation = ReturnType<typeof JSON.parse>;

const operations = Object.entries<object>(api.paths).flatMap(([path, methods]) =>
	Object.entries<Operation>(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, one] as const),
);

test('docs/openapi.json is what the schemas say; npm run openapi writes it anew', () => {
	const file = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
	expect(JSON.parse(file)).toEqual(api);
});

test('every route is described, with its scopes and with every part of its path', () => {
	expect(Object.keys(DESCRIPTIONS).sort()).toEqual(Object.keys(ROUTES).sort());
	const described = Object.fromEntries(operations);
	expect(Object.keys(described)).toHaveLength(Object.keys(ROUTES).length);
	for (const [route, { scopes }] of Object.entries(ROUTES)) {
		const name = route.replace(/:(\w+)/g, '{$1}');
		const { security, parameters = [], summary } = described[name];
		expect(security, route).toEqual(scopes.map((scope) => ({ key: [scope] })));
		expect(summary, route).toMatch(/^[A-Z]/);
		const inPath = parameters
			.filter((one: { in: string }) => one.in === 'path')
			.map((one: { name: string }) => one.name);
		expect(inPath, route).toEqual([...route.matchAll(/:(\w+)/g)].map(([, part]) => part));
	}
});

test('operations have names of their own, and every answer a description', () => {
	const ids = operations.map(([, { operationId }]) => operationId);
	expect(new Set(ids).size).toBe(ids.length);
	for (const [route, { responses }] of operations) {
		expect(
			Object.keys(responses).some((status) => status.startsWith('2')),
			route,
		).toBe(true);
		for (const answer of Object.values<{ $ref?: string; description?: string }>(responses)) {
			const name = answer.$ref?.replace('#/components/responses/', '');
			const { description } = name === undefined ? answer : api.components.responses[name];
			expect(description, route).toMatch(/\S/);
		}
	}
});

test('its schemas are JSON Schema 2020-12, and every reference leads somewhere', () => {
	const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
	ajv.addVocabulary(['openapi', 'info', 'servers', 'tags', 'paths', 'components']);
	ajv.addSchema(api, 'api');
	for (const name of Object.keys(api.components.schemas)) {
		expect(() => ajv.compile({ $ref: `api#/components/schemas/${name}` }), name).not.toThrow();
	}
	for (const [route, { requestBody, responses }] of operations) {
		const path = route.replace(/^\w+ /, '').replaceAll('~', '~0').replaceAll('/', '~1');
		const at = `api#/paths/${encodeURIComponent(path)}/${route.split(' ')[0]?.toLowerCase()}`;
		const places = requestBody === undefined ? [] : [`${at}/requestBody`];
		for (const [status, answer] of Object.entries<{ content?: object }>(responses)) {
			if (answer.content !== undefined) places.push(`${at}/responses/${status}`);
		}
		for (const place of places) {
			expect(() => ajv.compile({ $ref: `${place}/content/application~1json/schema` }), place).not.toThrow();
		}
	}
});

test('limits stand in it as they hold', () => {
	const { NewJob, PushBatch } = api.components.schemas;
	expect(NewJob.properties.priority).toMatchObject({ minimum: -LIMITS.priority, maximum: LIMITS.priority });
	expect(PushBatch.properties.jobs).toMatchObject({ minItems: 1, maxItems: LIMITS.batch });
});

test('GET /openapi.json gives it to everybody, also where keys are wanted', async () => {
	const server = await startOnSqlite({ adminKey: ROOT_KEY });
	const { status, headers, json } = await server.get('/openapi.json');
	expect([status, headers['content-type'], json]).toEqual([200, 'application/json; charset=utf-8', api]);
});
