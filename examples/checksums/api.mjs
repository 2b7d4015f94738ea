// The whole client of this example: plain fetch against a Millrace server.

export const TOPIC = 'checksums';
export const url = process.env.MILLRACE_URL ?? 'http://127.0.0.1:7420';

/** Calls the server, again and again while it is away: a push repeats under its key, a take under its request id. */
export async function call(method, path, body, headers = {}) {
	for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
		const response = await fetch(url + path, {
			method,
			headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
			body: body === undefined ? undefined : JSON.stringify(body),
		}).catch(() => undefined);
		if (response?.ok) return response.json();
		if (response !== undefined && response.status < 500) throw new Error(`${method} ${path}: ${await response.text()}`);
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
}
