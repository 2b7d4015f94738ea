import Type from 'typebox';
import { JOB_STATES } from '../../../core/job.ts';
import { CLOSED, GroupPatchSchema, Group as GroupText, SettingsPatchSchema, TopicName } from '../../../core/options.ts';
import { nullable } from '../route.ts';
import { say } from '../schema.ts';
import { atOrNever, count } from './common.ts';

export const TOPIC_SETTINGS = {
	maxAttempts: "Most runs of jobs pushed from now on. Default: the server's.",
	backoff: 'The wait before a retry. Default: 1 s, 2 s, 4 s … up to 10 min with jitter 0.2.',
	leaseMs: "How long a worker may take for a job. Default: the server's.",
	completed: 'Completed jobs that are kept. Default: the last 1,000, for an hour.',
	dead: 'Dead jobs that are kept. Default: the last 10,000, for 7 days.',
	cancelled: 'Cancelled jobs that are kept. Default: the last 1,000, for a day.',
	concurrency: 'Most jobs that are active at once. Default: no limit.',
	rate: 'Starts in the topic. Default: no limit.',
	groups: 'What holds for each group that has no setting of its own. Default: no limits.',
	waitingBytes: 'Most bytes of payload in unfinished jobs pushed since it was set. Default: no limit.',
	finishedBytes:
		'Most bytes of payload in finished jobs that are kept, of those pushed since it was set. Default: no limit.',
};

export const GROUP_SETTINGS = {
	weight: 'Share of the topic next to other groups with work. Default 1.',
	concurrency:
		"Most jobs that are active at once; with 1 they run strictly one after the other. Default: the topic's `groups`.",
	rate: "Starts in the group. Default: the topic's `groups`.",
};

/** What a patch sets, without the null that removes it. */
function settingsOf(patch: Type.TObject) {
	const set = Object.entries(patch.properties).map(([name, one]) => {
		const [value] = (one as Type.TUnion).anyOf;
		return [name, Type.Optional(value ?? one)];
	});
	return Type.Object(Object.fromEntries(set), { ...CLOSED, description: 'What was set, and nothing of the defaults.' });
}

const Counts = Type.Object(Object.fromEntries(JOB_STATES.map((state) => [state, count(`Jobs that are ${state}.`)])));

export const Topic = Type.Object(
	{
		topic: TopicName,
		paused: Type.Boolean(),
		pausedUntil: atOrNever('When the pause ends by itself.'),
		counts: Counts,
		oldestWaitingMs: say(nullable(count('')), 'Age of the oldest job at the head of a lane; null when nothing waits.'),
		settings: settingsOf(SettingsPatchSchema),
	},
	{ component: 'Topic', about: 'A topic: how many jobs it has in each state, and how it behaves.' },
);

export const Group = Type.Object(
	{
		group: GroupText,
		paused: Type.Boolean(),
		pausedUntil: atOrNever('When the pause ends by itself.'),
		parkedUntil: atOrNever('Until when a worker has parked it.'),
		waiting: count('Jobs that wait.'),
		active: count('Slots in use: active jobs, and failed ones that keep their place in a group with a limit of one.'),
		settings: settingsOf(GroupPatchSchema),
	},
	{ component: 'Group', about: 'A group of a topic.' },
);
