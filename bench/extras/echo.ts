import fastify from 'fastify';

/** The bare server that single pushes are held against: the same body comes in, an answer of the same size goes out, and nothing is stored. */
const app = fastify();
let n = 1_732_616_363_278;
app.post('/v1/topics/:topic/jobs', async (request, reply) => {
	const { topic } = request.params as { topic: string };
	n++;
	return reply
		.code(201)
		.send({ jobs: [{ id: `${topic}:${n}`, created: true, state: 'waiting' }], durability: 'memory' });
});
app.get('/livez', async () => 'ok');
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
