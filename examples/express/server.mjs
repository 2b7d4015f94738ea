// An Express app with a job queue in it: the whole Millrace API next to the app's own routes.
//
//   node examples/express/server.mjs
//   curl -s localhost:3000/api/jobs -H 'content-type: application/json' -d '{"topic":"emails","job":{"id":"job1"}}'
import express from 'express';
import { millrace } from 'millrace/express';

const app = express();

// Before express.json(): the queue keeps payloads byte for byte, so it reads the body itself.
const queue = await millrace(process.env.STORE ?? 'sqlite:./jobs.db');
app.use(queue);

app.use(express.json());
app.get('/', (_request, response) => {
	response.send('An app with a queue: POST /api/jobs, GET /api/jobs/jobToRun?topic=emails\n');
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	console.log(`The app listens on http://127.0.0.1:${port}`);
});

// Open long polls are answered and the store is closed before the process ends.
for (const signal of ['SIGTERM', 'SIGINT']) {
	process.once(signal, async () => {
		server.close();
		await queue.close();
		server.closeIdleConnections();
	});
}
