/**
 * Every kind of key of a topic, by the name that follows its base key. `docs/redis.md` says what each holds, and the
 * script generator refuses a name that is not here.
 */
export const KEYS = {
	conf: 'hash: last job number; settings; pause and park; what takes announce; bytes in use under a budget',
	jobs: 'hash: number → record',
	opts: 'hash: number → lane and options that differ from the defaults',
	tries: 'hash: number → what the deliveries have used up, last token, reason, error; once one has not completed',
	results: 'hash: number → result of a completed job',
	progress: 'hash: number → what a worker last said of how far it is',
	history: 'hash: number → what the job was through, a line each',
	runs: 'hash: number → worker, start and end of the run under way, where there is something to say',
	terms: 'hash: number → until when the job may start and be tried again, where it is limited',
	sizes: 'hash: number → bytes of the payload, of jobs that count for a budget',
	prios: 'zset: priorities whose rings hold lanes, the highest first',
	ring: 'zset per priority: lane → virtual time',
	grouped: 'zset: lanes of groups that hold jobs, by priority and name, in a ring or held',
	w: 'list: numbers waiting in one lane; a negative one left it from the middle',
	gaps: 'hash: lane → how many negative numbers its list has',
	delayed: 'zset: number → due time; behind all times for one that waits for another job',
	active: 'zset: number → end of its lease',
	completed: 'zset: number → when it completed',
	dead: 'zset: number → when it died',
	cancelled: 'zset: number → when it was cancelled',
	startBy: 'zset: number → when its time to start is over; waiting and delayed jobs that have such a time',
	slots: 'zset, scores 0: group and number of each job that uses a slot of its group',
	held: 'zset, scores 0: group and priority of each lane that is out of its ring',
	opening: 'zset: group → when its held lanes go back; the empty name → when the topic may give jobs again',
	rate: 'string, expires: the starts of a group, or of the topic, that count for its rate',
	groupConf: 'hash: group → its settings, and what scripts read of them',
	groups: 'zset, scores 0: groups with settings or a pause',
	pauses: 'zset: paused group → end of the pause',
	parks: 'zset: parked group → until when',
	keys: 'hash: unique key → the job that holds it, and the end of its window',
	windows: 'zset: unique key → end of its window',
	line: 'zset per unique key: jobs that wait for its holder, in the order of their pushes',
	queued: 'hash: number → when a job that waits for the holder of its key would be due',
	idem: 'string, expires: what a push under an idempotency key made',
	call: 'string, expires: the answer of one call, for its repetition after a lost reply',
	docs: 'of the documents, and of the keys of callers: hash: id → version, + for an open one or -, text',
	ages: 'of both: zset: id → number by age',
	open: 'of both: zset: those to be worked on, and the keys that are not revoked → number by age',
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

/** `mr:{keys}`: the keys of callers, kept as documents are and apart from them. */
export function accessKey(prefix: string): string {
	return `${prefix}:{keys}`;
}

/** The zset of all topic names. */
export function topicsKey(prefix: string): string {
	return `${prefix}:topics`;
}

/** `mr:store`: what holds for the whole database. */
export function storeKey(prefix: string): string {
	return `${prefix}:store`;
}

/** The channel on which scripts publish `topic inMs`, and `topic !number,number` for active jobs that were cancelled. */
export function wakeChannel(prefix: string): string {
	return `${prefix}:wake`;
}
