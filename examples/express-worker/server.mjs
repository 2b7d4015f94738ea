// An Express app that pushes jobs and works on them in the same process: the SDK needs no adapter there.
// (examples/express mounts the whole HTTP API instead.)
//
//   node examples/express-worker/server.mjs
//   curl -s -X POST localhost:3000/greet/Ada
import express from 'express';
import { connect, topic } from 'millrace';

const greet = topic('greet');
const client = connect(process.env.STORE ?? 'sqlite:./jobs.db');
await client.ready();
client.work(greet, ({ data }) => `Hello, ${data.name}!`, { concurrency: 50 });

const app = express();
app.post('/greet/:name', async (request, response) => {
	const job = await client.push(greet, { name: request.params.name });
	response.status(202).json({ id: job.id });
});
app.get('/result/:id', async (request, response) => {
	response.json({ result: await client.job(greet, request.params.id).result() });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
	console.log(`The app listens on http://127.0.0.1:${server.address().port}`);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
	process.once(signal, () => {
		// Requests first, since they push; then the worker's handlers, then the store.
		server.close(() => client.close());
		server.closeIdleConnections();
	});
}
