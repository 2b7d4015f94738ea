import type { Mutant } from '../mutant.ts';

/** What a server lets in, and shows. */
export const SERVER: readonly Mutant[] = [
	{
		guard: 'keys that stand twice',
		file: 'src/server/body.ts',
		find: 'if (members !== countMembers(value)) refuseDuplicates(text);',
		put: '',
		broken: 'two readers of a body see different values',
		test: { file: 'test/http/bad-bodies.test.ts', name: 'a key that stands twice' },
	},
	{
		guard: 'depth of a body',
		file: 'src/server/body.ts',
		find: 'if (depth > LIMITS.bodyDepth) {',
		put: 'if (depth > Number.MAX_VALUE) {',
		broken: 'a body nests as deep as it likes',
		test: { file: 'test/http/bad-bodies.test.ts', name: 'a body nests 64 deep' },
	},
	{
		guard: 'keys that reach a prototype',
		file: 'src/server/body.ts',
		find: "{ protoAction: 'error', constructorAction: 'error' }",
		put: "{ protoAction: 'ignore', constructorAction: 'ignore' }",
		broken: 'a payload changes the objects of its readers',
		test: { file: 'test/http/bad-bodies.test.ts', name: 'refuses __proto__' },
	},
	{
		guard: 'fingerprint of a request',
		file: 'src/server/idempotency.ts',
		find: "hash.digest('hex').slice(0, FINGERPRINT_LENGTH)",
		put: "hash.digest('hex').slice(0, 0)",
		broken: 'every push under a key passes for its repetition',
		test: { file: 'test/http/push.test.ts', name: 'another request under the same key' },
	},
	{
		guard: 'bound beyond loopback without keys',
		file: 'src/cli/exposure.ts',
		find: 'if (needsKey || isLoopback(host)) return false;',
		put: "if (needsKey || host !== '') return false;",
		broken: 'a server on all addresses serves everybody',
		test: { file: 'test/process/access.test.ts', name: 'bound to 0.0.0.0 without keys' },
	},
	{
		guard: 'loopback is a number, not a name',
		file: 'src/cli/exposure.ts',
		find: "if (isIPv4(host)) return host.startsWith('127.');",
		put: "if (host.startsWith('127.')) return true;",
		broken: 'a name that begins like loopback passes for it',
		test: { file: 'test/unit/exposure.test.ts', name: 'may be beyond it' },
	},
	{
		guard: 'the key of the server is not logged',
		file: 'src/cli/secret.ts',
		find: "line.replaceAll(secret, '***')",
		put: 'line',
		broken: 'a key that a caller puts into a URL stands in the log',
		test: { file: 'test/unit/exposure.test.ts', name: 'a secret that comes to be logged' },
	},
];
