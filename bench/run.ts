import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CONTESTANTS } from './contestants/index.ts';
import type { Contestant, Figures, Scenario } from './contract.ts';
import { runExtras } from './extras/index.ts';
import { machine, versions } from './machine.ts';
import { writeReadme } from './readme.ts';
import { markdown } from './report.ts';
import type { Result } from './results.ts';
import { runSample, whyNot } from './runner.ts';
import { SCENARIOS, takesPart } from './scenarios/index.ts';
import { type Store, startStore } from './stores/index.ts';

const { values } = parseArgs({
	options: {
		smoke: { type: 'boolean', default: false },
		rounds: { type: 'string', default: '5' },
		only: { type: 'string', default: '' },
		contestants: { type: 'string', default: '' },
		extras: { type: 'boolean', default: false },
		out: { type: 'string', default: 'results' },
		readme: { type: 'boolean', default: false },
	},
});
/** A smoke run sees that everything works: one scenario of each kind. */
const SMOKE = 'push-100,bulk,work-100,one-at-a-time,latency-100,bytes-*,cost';
const only = values.only === '' && values.smoke ? SMOKE : values.only;
const rounds = values.smoke ? 1 : Number(values.rounds);
const scale = values.smoke ? 0.02 : 1;

/** `a,b*` as a test: every name, when nothing is given. */
function chosen(list: string): (name: string) => boolean {
	if (list === '') return () => true;
	const patterns = list.split(',').map((one) => new RegExp(`^${one.replaceAll('*', '.*')}$`));
	return (name) => patterns.some((pattern) => pattern.test(name));
}

const results: Result[] = [];
const skipped: { contestant: string; why: string }[] = [];
const stores = new Map<string, Store>();

async function storeOf({ store: name }: Contestant): Promise<Store> {
	const known = stores.get(name);
	if (known !== undefined) return known;
	const started = await startStore(name);
	stores.set(name, started);
	return started;
}

async function present(): Promise<Contestant[]> {
	const found: Contestant[] = [];
	for (const contestant of CONTESTANTS.filter(({ name }) => chosen(values.contestants)(name))) {
		const why =
			whyNot(contestant) ??
			(await storeOf(contestant).then(
				() => undefined,
				(error: Error) => error.message,
			));
		if (why === undefined) found.push(contestant);
		else skipped.push({ contestant: contestant.name, why });
	}
	for (const { contestant, why } of skipped) console.log(`skipped: ${contestant}: ${why}`);
	return found;
}

/** A B C A B C …: what the machine does at one minute falls on all of them. A peer that fails is left out, and the report says so. */
async function compare(scenario: Scenario, contestants: Contestant[]): Promise<void> {
	const samples = new Map<string, Figures[]>(contestants.map(({ name }) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		for (const contestant of contestants.filter(({ name }) => samples.has(name))) {
			const { name } = contestant;
			const store = await storeOf(contestant);
			await store.reset();
			try {
				const figures = runSample(contestant, scenario, store.url, scale);
				samples.get(name)?.push(figures);
				const figure = figures[scenario.figure]?.toFixed(2);
				console.log(`${scenario.name.padEnd(18)} ${name.padEnd(18)} ${figure} ${scenario.unit}`);
			} catch (error) {
				if (name.startsWith('millrace')) throw error;
				samples.delete(name);
				skipped.push({ contestant: name, why: String(error).slice(0, 300) });
			}
		}
	}
	const { name, title, figure, unit } = scenario;
	results.push({ name, title, figure, unit, samples: Object.fromEntries(samples) });
}

const contestants = await present();
try {
	for (const scenario of SCENARIOS.filter(({ name }) => chosen(only)(name))) {
		await compare(
			scenario,
			contestants.filter((contestant) => takesPart(contestant, scenario)),
		);
	}
	const extras = values.extras || values.smoke ? await runExtras({ smoke: values.smoke, rounds }) : [];
	const report = {
		at: new Date().toISOString(),
		machine: machine(),
		versions: versions(contestants),
		rounds,
		skipped,
		results,
		extras,
	};
	mkdirSync(values.out, { recursive: true });
	writeFileSync(`${values.out}/results.json`, `${JSON.stringify(report, null, '\t')}\n`);
	writeFileSync(`${values.out}/results.md`, markdown(report));
	if (values.readme) writeReadme(report);
	console.log(`written: ${values.out}/results.md and results.json`);
} finally {
	for (const store of stores.values()) await store.stop();
}
