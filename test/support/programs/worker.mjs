// A worker as a process of its own, on the built package. Its options come as JSON; it says on stdout, one JSON object a
// line, what happens to it, and appends each start of a handler to a file that several workers may share.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../dist/sdk/index.js';

const {
	url,
	topic,
	starts,
	ends,
	concurrency = 10,
	lease = '30s',
	maxBlock = '60s',
	behaviour,
	workMs = 0,
	graceMs = 10_000,
	name,
	batch,
} = JSON.parse(process.argv[2]);

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** What a handler does once it has started, by name. */
const BEHAVIOURS = {
	work: async () => {
		await pause(Math.random() * workMs);
		return process.pid;
	},
	hang: () => new Promise(() => {}),
	// Ends when it is told to, and then hands in an outcome as if nothing had happened.
	untilAborted: async (_, { signal }) => {
		await new Promise((resolve) => signal.addEventListener('abort', resolve));
		say({ aborted: signal.reason?.code });
		return 'old';
	},
	exit: () => process.exit(7),
	spin: () => {
		const until = performance.now() + workMs;
		while (performance.now() < until);
		return process.pid;
	},
};

// Exits by itself on SIGTERM: nothing is left open after close().
const client = connect(url, { closeOnSignal: true });
const log = {
	info() {},
	warn: (message, details) => say({ warning: message, ...details }),
};
/** One line of a file that several workers share. */
function note(file, job, context) {
	if (file !== undefined) appendFileSync(file, `${job.id} ${context.attempt} ${process.pid} ${Date.now()}\n`);
}

async function handler(job, context) {
	note(starts, job, context);
	const wanted = job.data?.behaviour ?? behaviour;
	if (wanted !== 'work') say({ started: job.id });
	try {
		return await BEHAVIOURS[wanted](job, context);
	} finally {
		note(ends, job, context);
	}
}
const options = { concurrency, lease, log, grace: graceMs, maxBlock, ...(name === undefined ? {} : { name }) };
if (batch === undefined) client.work(topic, handler, options);
else {
	const all = (jobs) => Promise.all(jobs.map(async (job) => job.done(await handler(job, job.context))));
	client.workBatch(topic, all, { ...options, ...batch });
}
await client.ready();
say({ ready: true });
