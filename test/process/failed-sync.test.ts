import { expect, test } from 'vitest';
import { FaultyDisk, type Loss, whyNoShims } from '../chaos/shims/shims.ts';
import { end } from '../chaos/system.ts';
import { serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

const missing = whyNoShims();
if (missing !== undefined) console.log(`Skipped: ${missing}`);
const shimmed = test.skipIf(missing !== undefined);

interface Server {
	child: ReturnType<typeof serve>['child'];
	exited: Promise<number | null>;
	url: string;
}

async function started(disk: FaultyDisk, dir: string): Promise<Server> {
	const server = serve(['--port', '0', '--store', 'sqlite:./jobs.db', '--log-level', 'silent'], disk.env, dir);
	return { child: server.child, exited: server.exited, url: await server.url() };
}

/** @returns the id of the job when the answer is that it is on disk, else the code of the problem */
async function push({ url }: Server): Promise<string> {
	const headers = { 'content-type': 'application/json' };
	const jobs = Array.from({ length: 50 }, () => ({ data: 'x'.repeat(200) }));
	const response = await fetch(`${url}/v1/topics/t/jobs`, { method: 'POST', headers, body: JSON.stringify({ jobs }) });
	const body = (await response.json()) as { code?: string; durability?: string; jobs?: { id: string }[] };
	if (body.durability !== undefined) expect(body.durability).toBe('fsynced');
	return body.jobs?.[0]?.id ?? String(body.code);
}

async function expectThere({ url }: Server, ids: string[]): Promise<void> {
	for (const id of ids) expect((await fetch(`${url}/v1/jobs/${id}`)).status).toBe(200);
	const response = await fetch(`${url}/v1/doctor?topic=t&limit=500`);
	expect(await response.json()).toMatchObject({ defects: [] });
}

const LOSSES: [string, Loss][] = [
	['leaves what it should have written dirty', 'keep'],
	['lets the kernel take for written what is not', 'clean'],
	['lets the kernel drop what is not written', 'drop'],
];

/** A server with two answered pushes, and one whose sync failed; the disk still does. */
async function afterFailedSync(loss: Loss) {
	const disk = new FaultyDisk();
	const dir = tempDir();
	const server = await started(disk, dir);
	const answered = [await push(server), await push(server)];
	disk.fail(loss);
	expect(await push(server)).toBe('AMBIGUOUS');
	return { disk, dir, server, answered };
}

shimmed.each(LOSSES)('a sync that fails and %s costs nothing that was answered as fsynced', async (_what, loss) => {
	const { disk, dir, server, answered } = await afterFailedSync(loss);
	// While the disk fails nothing is done, so that nothing more is in doubt.
	expect(await push(server)).toBe('UNAVAILABLE');
	disk.heal();
	const next = await until(async () => (await push(server).then((id) => id.startsWith('t:') && id)) || null);
	answered.push(next, await push(server));
	await expectThere(server, answered);
	await end(server.child);
	disk.cutPower(dir);
	await expectThere(await started(disk, dir), answered);
});

shimmed.each(LOSSES)('a server that ends after a sync failed and %s leaves a sound file', async (_what, loss) => {
	const { disk, dir, server, answered } = await afterFailedSync(loss);
	disk.heal();
	server.child.kill('SIGTERM');
	expect(await server.exited).toBe(0);
	const again = await started(disk, dir);
	answered.push(await push(again));
	await end(again.child);
	disk.cutPower(dir);
	await expectThere(await started(disk, dir), answered);
});
