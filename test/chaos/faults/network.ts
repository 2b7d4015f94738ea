import { connect } from 'node:net';
import { TOPIC } from '../system.ts';
import { ALL, type Fault, loseReplies, REDIS, serverOf, some, storm, swallow, toStore } from './tools.ts';

export const NETWORK: Fault[] = [
	{
		name: 'connections to a server are reset, again and again',
		stores: ALL,
		part: 'network',
		happen: (system, random) => storm(serverOf(system, random).proxy, random),
	},
	{
		name: 'a server in a black hole',
		stores: ALL,
		part: 'network',
		happen: (system, random) => swallow(serverOf(system, random).proxy, () => some(random, 500, 4_000)),
	},
	...[
		['pushes', /^POST \/v1\/topics/],
		['takes', /^POST \/v1\/take/],
		['settles', /^POST \/v1\/settle/],
	].map(
		([what, pattern]): Fault => ({
			name: `answers to ${what} are lost on their way from a server`,
			stores: ALL,
			part: 'network',
			happen: (system, random) => loseReplies(serverOf(system, random).proxy, pattern as RegExp, 10),
		}),
	),
	{
		name: 'half a push, and no more',
		stores: ALL,
		happen: async (system, random) => {
			const { port } = serverOf(system, random).proxy;
			const head = `POST /v1/topics/${TOPIC}/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n`;
			const socket = connect(port, '127.0.0.1').on('error', () => {});
			socket.write(`${head}{"jobs":[{"data":{"n":`);
			await some(random, 50, 500);
			socket.resetAndDestroy();
		},
	},
	{
		name: 'callers leave in the midst of a long poll',
		stores: ALL,
		happen: async (system, random) => {
			const url = `http://127.0.0.1:${serverOf(system, random).proxy.port}/v1/take`;
			const body = JSON.stringify({ topics: [TOPIC], max: 1, waitMs: 30_000, leaseMs: 2_000 });
			const headers = { 'content-type': 'application/json' };
			const calls = Array.from({ length: 10 }, () =>
				fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(random.integer(5, 300)) }).then(
					(response) => response.arrayBuffer(),
				),
			);
			await Promise.allSettled(calls);
		},
	},
	{
		name: 'connections to Redis are reset, again and again',
		stores: REDIS,
		part: 'network',
		happen: (system, random) => storm(toStore(system, random), random),
	},
	{
		name: 'Redis in a black hole for one server',
		stores: REDIS,
		part: 'network',
		happen: (system, random) => swallow(toStore(system, random), () => some(random, 500, 5_000)),
	},
	{
		name: 'answers of scripts are lost on their way from Redis',
		stores: REDIS,
		part: 'network',
		happen: (system, random) => loseReplies(toStore(system, random), /fcall|evalsha/i, 10),
	},
];
