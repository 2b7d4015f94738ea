// Writes src/engine/redis/scripts.gen.ts from lua/, so that bundlers and dist/ need no files at run time.
// With --check it only says whether the committed module is fresh.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/engine/redis/lua/', import.meta.url);
const target = new URL('../src/engine/redis/scripts.gen.ts', import.meta.url);
const HEADER = ['Purpose', 'KEYS', 'ARGV', 'Returns'];

// Libraries whose locals all others see, in this order. The rest keep theirs to themselves, and share only functions of `lib`.
const SHARED = ['base', 'call', 'conf', 'changes', 'state', 'record', 'jobs', 'log'];

const keysModule = readFileSync(new URL('../src/engine/redis/keys.ts', import.meta.url), 'utf8');
const knownKeys = new Set([...keysModule.matchAll(/^\t(\w+): '/gm)].map((match) => match[1]));

function fail(file, message) {
	console.error(`${file}: ${message}`);
	process.exit(1);
}

function checkHeader(file, text) {
	if (!/^#!lua( flags=[a-z,-]+)?\n/.test(text)) fail(file, 'must open with #!lua and its flags');
	for (const word of HEADER) {
		if (!text.includes(`\n-- ${word}:`)) fail(file, `the header has no "-- ${word}:"`);
	}
}

function checkKeys(file, text) {
	const indexes = [...text.matchAll(/KEYS\[(\d+)\]/g)].map((match) => match[1]);
	if (indexes.some((index) => index !== '1')) fail(file, 'scripts get one key, the base key of a topic: use KEYS[1]');
	for (const [, name] of text.matchAll(/(?:\bP \.\. '|\bK\.)(\w+)/g)) {
		if (!knownKeys.has(name)) fail(file, `the key "${name}" is not in keys.ts; known: ${[...knownKeys].join(', ')}`);
	}
}

// Lua finds out only when it gets there.
function checkFunctions(text) {
	const made = [...text.matchAll(/function lib\.(\w+)/g)].map((match) => match[1]);
	const twice = made.find((name, at) => made.indexOf(name) !== at);
	if (twice !== undefined) fail('lib', `the function "lib.${twice}" is made twice`);
	for (const [, name] of text.matchAll(/\blib\.(\w+)/g)) {
		if (!made.includes(name)) fail('lib', `the function "lib.${name}" is nowhere`);
	}
}

// The server keeps and hashes the text: comments stay in the sources.
function withoutComments(text) {
	const lines = text.split('\n').filter((line) => !/^\s*(--.*)?$/.test(line));
	return `${lines.map((line) => line.trimStart()).join('\n')}\n`;
}

function nameOf(file) {
	return file.replace('.lua', '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function read(file) {
	const text = readFileSync(new URL(file, folder), 'utf8');
	checkKeys(file, text);
	return text;
}

const libraries = readdirSync(new URL('lib/', folder)).map((file) => file.replace('.lua', ''));
const own = libraries.filter((name) => !SHARED.includes(name)).map((name) => `do\n${read(`lib/${name}.lua`)}\nend\n`);
const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
const scripts = files.map((file) => {
	const text = read(file);
	checkHeader(file, text);
	const [shebang, ...lines] = text.split('\n');
	const flags = /flags=(\S+)/.exec(shebang)?.[1] ?? '';
	return { name: nameOf(file), flags, text: `scripts.${nameOf(file)} = function()\n${lines.join('\n')}\nend\n` };
});
const shared = SHARED.map((name) => read(`lib/${name}.lua`));
const library = withoutComments([...shared, ...own, ...scripts.map(({ text }) => text)].join(''));
checkFunctions(library);
const flags = scripts.map(({ name, flags }) => `\t${name}: '${flags}',\n`);
const generated = `// Written by scripts/build-lua.mjs from lua/. Do not edit.

/** The scripts with the flags that Redis is to know of them. */
export const FLAGS = {\n${flags.join('')}} as const;

/** All scripts, as functions of a table \`scripts\`, and what they share. */
export const LIBRARY = [\n${library
	.trimEnd()
	.split('\n')
	.map((line) => `\t${JSON.stringify(line)},\n`)
	.join('')}\t'',\n].join('\\n');
`;

if (process.argv.includes('--check')) {
	if (readFileSync(target, 'utf8') !== generated) fail('scripts.gen.ts', 'is not fresh: run npm run build:lua');
} else {
	writeFileSync(target, generated);
}
