import { CONTESTANTS } from './contestants/index.ts';
import type { StoreName } from './contract.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** One sample in a process of its own: `sample.ts contestant scenario url scale` prints its figures as one line of JSON. */
const [, , name, scenarioName, url = '', scale = '1'] = process.argv;
const contestant = CONTESTANTS.find((one) => one.name === name);
const scenario = SCENARIOS.find((one) => one.name === scenarioName);
if (contestant === undefined || scenario === undefined) throw new Error(`no ${name} or no ${scenarioName}`);

const queue = await contestant.open({ url, retention: scenario.retention ?? 'none' });
const context = { url, store: contestant.store satisfies StoreName, scale: Number(scale) };
const begin = process.cpuUsage();
const figures = await scenario.run(queue, context);
const { user, system } = process.cpuUsage(begin);
process.stdout.write(`${JSON.stringify({ ...figures, clientCpuSeconds: (user + system) / 1_000_000 })}\n`);
// A peer whose close hangs must not hang the benchmark: everything is measured and checked by now.
setTimeout(() => process.exit(0), 2_000).unref();
await queue.close();
process.exit(0);
