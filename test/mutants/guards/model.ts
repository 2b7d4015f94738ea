import type { Mutant } from '../mutant.ts';

/** A test that every engine passes, on the reference model. */
const reference = (name: string) => ({
	file: 'test/conformance/reference.test.ts',
	name: `the reference model ${name}`,
});

/** The model that judges the engines. */
export const MODEL: readonly Mutant[] = [
	{
		guard: 'token at settle (model)',
		file: 'test/model/reference-engine.ts',
		find: "job.state !== 'active' || job.token !== outcome.token",
		put: "job.state !== 'active'",
		broken: 'any token ends the delivery under way',
		test: reference('fencing a wrong token changes nothing'),
	},
	{
		guard: 'token at extend (model)',
		file: 'test/model/reference-engine.ts',
		find: "job.state !== 'active' || job.token !== token",
		put: "job.state !== 'active'",
		broken: 'an old delivery prolongs the lease of a later one',
		test: reference('extend'),
	},
	{
		guard: 'time to run (model)',
		file: 'test/model/reference-engine.ts',
		find: "if (job.runUntil !== null && job.runUntil <= now) return { status: 'stale' };",
		put: '',
		broken: 'a run that is over time is prolonged',
		test: reference('time limits'),
	},
	{
		guard: 'unique key is free at the end (model)',
		file: 'test/model/moves.ts',
		find: 'if (job.finishedAt !== null) keyAfterEnd(topic, job, now);',
		put: '',
		broken: 'a job that has ended keeps its key',
		test: reference('unique, until when a job that is completed gives up'),
	},
];
