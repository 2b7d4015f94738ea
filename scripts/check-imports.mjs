// Imports point inward only: core ← engine ← server ← cli. An engine is built alone, so that none can lean on another.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/** What the files of a folder may import from. The longest matching folder rules. */
const MAY_IMPORT = {
	core: ['core'],
	engine: ['core', 'engine'],
	'engine/remote': ['core', 'engine/engine.ts', 'engine/remote'],
	'engine/redis': ['core', 'engine/engine.ts', 'engine/redis'],
	'engine/sqlite': ['core', 'engine/engine.ts', 'engine/sqlite'],
	operations: ['core', 'engine', 'operations'],
	client: ['core', 'engine', 'operations', 'client'],
	worker: ['core', 'engine', 'client', 'worker'],
	sdk: ['core', 'engine', 'client', 'worker', 'sdk'],
	testing: ['core', 'engine', 'operations', 'client', 'worker', 'sdk', 'testing'],
	adapters: ['core', 'engine', 'client', 'worker', 'sdk', 'adapters'],
	server: ['core', 'engine', 'operations', 'server'],
	cli: ['core', 'engine', 'server', 'cli'],
};

function folderOf(file) {
	return Object.keys(MAY_IMPORT)
		.filter((folder) => file.startsWith(`${folder}/`))
		.sort((a, b) => b.length - a.length)[0];
}

let wrong = 0;
for (const entry of readdirSync(source, { recursive: true })) {
	const file = String(entry);
	if (!file.endsWith('.ts')) continue;
	const folder = folderOf(file);
	const text = readFileSync(join(source, file), 'utf8');
	for (const [, specifier] of text.matchAll(/from '(\.[^']+)'/g)) {
		const target = relative(source, resolve(source, dirname(file), specifier));
		const allowed =
			folder !== undefined && MAY_IMPORT[folder].some((place) => target === place || target.startsWith(`${place}/`));
		if (allowed) continue;
		console.error(
			`src/${file} must not import ${target}; ${folder ?? 'this folder'} may import ${MAY_IMPORT[folder]?.join(', ') ?? 'nothing yet: name it in scripts/check-imports.mjs'}`,
		);
		wrong++;
	}
}
process.exit(wrong === 0 ? 0 : 1);
