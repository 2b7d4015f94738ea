import fc from 'fast-check';
import { ROUTES } from './api.ts';
import { type Broken, broken } from './broken/index.ts';
import type { Answer, HttpClient } from './client.ts';
import { sendBytes, UNFRAMED } from './framing.ts';
import { type Request, requestsOf } from './requests.ts';
import { lookAt, makeStill } from './still.ts';
import { madeBy, type Stranger, strangers } from './strangers.ts';
import { faultOfBad, faultOfGood } from './verdict.ts';
import { learn, newWorld, type World } from './world.ts';

export interface Outcome {
	requests: number;
	/** How many answers of each status. */
	statuses: Record<string, number>;
	/** How many requests of each route that fit were answered with 2xx. */
	served: Record<string, number>;
	faults: string[];
	secrets: string[];
}

/** Requests of one round. */
const ROUND = { good: 120, broken: 64, strange: 12, unframed: 4 };
const ABREAST = 8;
const DRAWN_AT_ONCE = 8;
/** After so many faults there is enough to do. */
const MOST_FAULTS = 20;

/** Some routes are asked more often, so that there is always something to act upon; keys and operations may be only so many. */
const WEIGHTS: Record<string, number> = {
	'POST /v1/topics/{topic}/jobs': 8,
	'POST /v1/take': 8,
	'POST /v1/settle': 6,
	'POST /v1/extend': 4,
	'POST /v1/jobs/delete': 4,
};

const TOPICS = ['a', 'toString', '0._-', 'z'.repeat(128), 'hasOwnProperty'];

/** Plays requests against a server and judges every answer. */
export class Fuzzer {
	readonly outcome: Outcome = { requests: 0, statuses: {}, served: {}, faults: [], secrets: [] };
	readonly #client: HttpClient;
	readonly #url: string;
	readonly #seed: number;
	readonly #world = newWorld(TOPICS);
	#drawn = 0;

	constructor(client: HttpClient, { url, seed }: { url: string; seed: number }) {
		this.#client = client;
		this.#url = url;
		this.#seed = seed;
	}

	/** Plays round after round. @param goOn is asked before each */
	async run(goOn: () => boolean): Promise<void> {
		const still = await makeStill(this.#client);
		const { callers, secrets } = await strangers(this.#client);
		this.outcome.secrets = secrets;
		const good = goodOf(this.#world);
		const quiet = goodOf(still);
		const wrong = broken(quiet);
		const strange = fc.tuple(quiet, fc.constantFrom(...callers));
		while (goOn() && this.outcome.faults.length < MOST_FAULTS) {
			await this.#abreast(good, ROUND.good, (request) => this.#good(request));
			const before = JSON.stringify(await lookAt(this.#client));
			await this.#abreast(wrong, ROUND.broken, async (one) => one && this.#broken(one));
			await this.#abreast(strange, ROUND.strange, ([request, caller]) => this.#strange(request, caller));
			await this.#abreast(fc.constantFrom(...UNFRAMED), ROUND.unframed, (one) => this.#unframed(one));
			const after = JSON.stringify(await lookAt(this.#client));
			if (after !== before) this.#tell('something changed by requests that were refused', `${before}\n${after}`);
		}
	}

	/** Draws and plays so many; a few are drawn when their turn comes, from what is known by then. */
	async #abreast<T>(arbitrary: fc.Arbitrary<T>, count: number, play: (one: T) => Promise<unknown>): Promise<void> {
		let left = count;
		let drawn: T[] = [];
		const one = async () => {
			while (left-- > 0) {
				if (drawn.length === 0) drawn = this.#draw(arbitrary);
				await play(drawn.pop() as T);
			}
		};
		await Promise.all(Array.from({ length: ABREAST }, one));
	}

	#draw<T>(arbitrary: fc.Arbitrary<T>): T[] {
		return fc.sample(arbitrary, { seed: this.#seed + this.#drawn++, numRuns: DRAWN_AT_ONCE });
	}

	async #good(request: Request): Promise<void> {
		const answer = await this.#send(request);
		this.#judge('fits', request, answer, faultOfGood(request, answer));
		if (answer.status < 300) {
			const { name } = request.route;
			this.outcome.served[name] = (this.outcome.served[name] ?? 0) + 1;
		}
		learn(this.#world, request.path, answer.json);
		if (answer.json?.secret !== undefined) this.outcome.secrets.push(answer.json.secret);
	}

	async #broken({ how, request, statuses }: Broken): Promise<void> {
		const answer = await this.#send(request);
		this.#judge(how, request, answer, faultOfBad(request, answer, statuses));
	}

	async #strange(request: Request, caller: Stranger): Promise<void> {
		if (request.route.isOpen) return;
		const answer = await this.#send(madeBy(caller, request));
		const isOwn = caller.hasOwn && !/still/.test(`${request.path}${request.query}${request.body ?? ''}`);
		const fault = isOwn ? undefined : faultOfBad(request, answer, caller.statuses);
		this.#judge(caller.who, request, answer, fault);
	}

	async #unframed([how, bytes]: [string, string]): Promise<void> {
		const text = await sendBytes(this.#url, bytes);
		const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
		this.#count(status);
		const isRefused = status >= 400 && status < 500 && /"code":"[A-Z_]+"|"message":/.test(text);
		if (!isRefused) this.#tell(`unframed: ${how}`, text.slice(0, 500));
	}

	async #send(request: Request): Promise<Answer> {
		const answer = await this.#client.send(request);
		this.#count(answer.status);
		return answer;
	}

	#count(status: number): void {
		this.outcome.requests++;
		this.outcome.statuses[status] = (this.outcome.statuses[status] ?? 0) + 1;
	}

	#judge(how: string, { route, path, query, headers, body }: Request, answer: Answer, fault: string | undefined): void {
		if (fault === undefined) return;
		const sent = `${route.method} ${path}?${query} ${JSON.stringify({ ...headers, authorization: '…' })} ${body ?? ''}`;
		this.#tell(`${how}: ${fault}`, `${sent.slice(0, 1_500)}\n→ ${answer.status} ${answer.text.slice(0, 1_500)}`);
	}

	#tell(fault: string, details: string): void {
		this.outcome.faults.push(`${fault}\n${details}`);
	}
}

function goodOf(world: World): fc.Arbitrary<Request> {
	const weighted = ROUTES.map((route) => ({ arbitrary: requestsOf(route, world), weight: WEIGHTS[route.name] ?? 2 }));
	return fc.oneof(...weighted);
}
