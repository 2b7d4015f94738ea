// A Fastify app that pushes jobs and works on them in the same process.
//
//   node examples/fastify/server.mjs
//   curl -s -X POST localhost:3000/greet/Ada
import fastify from 'fastify';
import { handle, topic } from 'millrace';
import { millrace } from 'millrace/fastify';

const greet = topic('greet');
const app = fastify();

await app.register(millrace, {
	url: process.env.STORE ?? 'sqlite:./jobs.db',
	handlers: [handle(greet, ({ data }) => `Hello, ${data.name}!`)],
	worker: { concurrency: 50 },
});

app.post('/greet/:name', async (request, reply) => {
	const job = await app.millrace.push(greet, { name: request.params.name });
	return reply.code(202).send({ id: job.id });
});
app.get('/result/:id', async (request) => ({ result: await app.millrace.job(greet, request.params.id).result() }));

console.log(`The app listens on ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}`);

// Requests are answered, handlers finish, the store is closed.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => app.close());
