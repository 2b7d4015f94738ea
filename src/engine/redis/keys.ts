/**
 * Every kind of key of a topic, by the name that follows its base key. `docs/redis.md` says what each holds, and the
 * script generator refuses a name that is not here.
 */
export const KEYS = {
	seq: 'string: last job number',
	conf: 'hash: paused, settings, retention',
	jobs: 'hash: number → record',
	opts: 'hash: number → options that differ from the defaults',
	tries: 'hash: number → used attempts, last token, reason, error; only after the first delivery has failed',
	results: 'hash: number → result of a completed job',
	progress: 'hash: number → what a worker last said of how far it is',
	lanes: 'zset: lanes that hold jobs, by priority and turn',
	grouped: 'zset: those of the lanes that belong to a group, by priority and name',
	w: 'list: numbers waiting in one lane',
	delayed: 'zset: number → due time',
	active: 'zset: number → end of its lease',
	completed: 'zset: number → when it completed',
	dead: 'zset: number → when it died',
	reclaimAt: 'string: the earliest end of a lease that was announced',
	idem: 'string, expires: what a push under an idempotency key made',
	call: 'string, expires: the answer of one call, for its repetition after a lost reply',
	docs: 'of the documents: hash: id → version, + for an open one or -, text',
	ages: 'of the documents: zset: id → number by age',
	open: 'of the documents: zset: those to be worked on → number by age',
	log: 'of the documents: list: time and line of the log, the latest first',
	logged: 'of the documents: string: how many lines were ever logged',
	take: 'string, expires: the deliveries of one take, for its repetition',
} as const;

/** `mr:{emails/0}`: the braces make every key of the topic's partition hash to one cluster slot. */
export function baseKey(prefix: string, topic: string): string {
	return `${prefix}:{${topic}/0}`;
}

/** `mr:{operations}`: what servers keep beside the jobs, in a slot of its own. No topic's key: those end in `/0`. */
export function documentsKey(prefix: string): string {
	return `${prefix}:{operations}`;
}

/** The zset of all topic names; the only key of Millrace outside a topic's slot and that of the documents. */
export function topicsKey(prefix: string): string {
	return `${prefix}:topics`;
}

/** The channel on which scripts publish `topic inMs`. */
export function wakeChannel(prefix: string): string {
	return `${prefix}:wake`;
}
