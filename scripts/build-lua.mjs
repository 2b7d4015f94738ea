// Writes src/engine/redis/scripts.gen.ts from lua/*.lua, so that bundlers and dist/ need no files at run time.
// With --check it only says whether the committed module is fresh.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/engine/redis/lua/', import.meta.url);
const target = new URL('../src/engine/redis/scripts.gen.ts', import.meta.url);
const HEADER = ['Purpose', 'KEYS', 'ARGV', 'Returns'];

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
function checkFunctions(file, text) {
	const made = new Set([...text.matchAll(/function lib\.(\w+)/g)].map((match) => match[1]));
	for (const [, name] of text.matchAll(/\blib\.(\w+)/g)) {
		if (!made.has(name)) fail(file, `the function "lib.${name}" is in none of the libraries that it uses`);
	}
}

function withLibraries(file, text) {
	const use = /^-- @use (.*)\n/m.exec(text);
	if (use === null) fail(file, 'the header has no "-- @use library …"');
	const libraries = use[1].split(' ').map((name) => readFileSync(new URL(`lib/${name}.lua`, folder), 'utf8'));
	for (const library of libraries) checkKeys(`lib of ${file}`, library);
	const [lazy, eager] = [true, false].map((which) => libraries.filter((library) => isLazy(library) === which));
	const shebang = text.slice(0, text.indexOf('\n') + 1);
	const parts = ['local makeFunction', ...eager, lazyPart(lazy), text.slice(shebang.length)];
	const whole = shebang + parts.map(withoutComments).join('');
	checkFunctions(file, whole);
	return whole;
}

// A library of functions that not every call of a script needs: they are made when one of them is first asked for (lib/base.lua).
function isLazy(library) {
	return library.startsWith('-- @lazy\n');
}

function lazyPart(libraries) {
	if (libraries.length === 0) return '';
	const branches = libraries.map((library) => {
		const names = [...library.matchAll(/^function lib\.(\w+)/gm)].map((match) => `name == '${match[1]}'`);
		return `if ${names.join(' or ')} then\n${library}`;
	});
	return `makeFunction = function(name)\n${branches.join('\nelse')}\nend\nend`;
}

// The server keeps and hashes the text: comments stay in the sources.
function withoutComments(text) {
	const lines = text.split('\n').filter((line) => !/^\s*(--.*)?$/.test(line));
	return `${lines.map((line) => line.trimStart()).join('\n')}\n`;
}

function constantName(file) {
	return file.replace('.lua', '').replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
const parts = files.map((file) => {
	const text = readFileSync(new URL(file, folder), 'utf8');
	checkHeader(file, text);
	checkKeys(file, text);
	return `\t${constantName(file)}: ${JSON.stringify(withLibraries(file, text))},\n`;
});
const generated = `// Written by scripts/build-lua.mjs from lua/*.lua. Do not edit.\n\nexport const SCRIPTS = {\n${parts.join('')}} as const;\n`;

if (process.argv.includes('--check')) {
	if (readFileSync(target, 'utf8') !== generated) fail('scripts.gen.ts', 'is not fresh: run npm run build:lua');
} else {
	writeFileSync(target, generated);
}
