// Measures how late the event loop of a server is, and writes it down when the process ends.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
// What the start takes is another matter.
subscribe('http.server.request.start', function first() {
	unsubscribe('http.server.request.start', first);
	delay.reset();
});
process.on('exit', () => {
	const ms = (ns) => Math.max(0, Math.round(ns / 1e4) / 100 - RESOLUTION_MS);
	const file = process.env.FUZZ_LOOP_FILE;
	if (file)
		writeFileSync(
			file,
			JSON.stringify({ p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) }),
		);
});
