import { end, freeze } from '../system.ts';
import { ALL, type Fault, serverOf, some } from './tools.ts';

export const PROCESSES: Fault[] = [
	{
		name: 'kill -9 of a server',
		stores: ALL,
		happen: async (system, random) => {
			const server = serverOf(system, random);
			await end(server.process.child);
			await some(random, 0, 1_500);
			await system.startServer(server);
		},
	},
	{
		name: 'graceful restart of a server',
		stores: ALL,
		happen: async (system, random) => {
			const server = serverOf(system, random);
			server.process.child.kill('SIGTERM');
			await server.process.exited;
			await system.startServer(server);
		},
	},
	{
		name: 'a server stands still',
		stores: ALL,
		happen: (system, random) => freeze(serverOf(system, random).process.child, () => some(random, 500, 5_000)),
	},
	{
		name: 'kill -9 of a worker',
		stores: ALL,
		happen: (system, random) => end(random.pick(system.workers).child),
	},
	{
		name: 'a worker stands still for longer than its leases',
		stores: ALL,
		happen: (system, random) => freeze(random.pick(system.workers).child, () => some(random, 2_100, 4_000)),
	},
	...(['exit', 'abort', 'spin'] as const).map(
		(poison): Fault => ({
			name: `jobs that make their worker ${poison}`,
			stores: ALL,
			// Their attempts take seconds; other faults come meanwhile, and a job that does not end is stuck.
			happen: async (system) => void system.poisons.push(poison, poison),
		}),
	),
];
