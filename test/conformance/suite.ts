import { describe } from 'vitest';
import { actionsTests } from './actions.ts';
import { budgetsTests } from './budgets.ts';
import { cancelTests } from './cancel.ts';
import { crashesTests } from './crashes.ts';
import { doctorTests } from './doctor.ts';
import { durabilityTests } from './durability.ts';
import { explainTests } from './explain.ts';
import { extendTests } from './extend.ts';
import { fairnessTests } from './fairness.ts';
import { fencingTests } from './fencing.ts';
import { groupsTests } from './groups.ts';
import { hintTests } from './hints.ts';
import { historyTests } from './history.ts';
import { idempotentPushTests } from './idempotency.ts';
import { type Harness, useSubject } from './kit.ts';
import { lifecycleTests } from './lifecycle.ts';
import { limitsTests } from './limits.ts';
import { listsTests } from './lists.ts';
import { orderTests } from './order.ts';
import { orderedTests } from './ordered.ts';
import { pagingTests } from './paging.ts';
import { pausesTests } from './pauses.ts';
import { payloadTests } from './payload.ts';
import { pushTests } from './push.ts';
import { ratesTests } from './rates.ts';
import { reclaimTests } from './reclaim.ts';
import { repeatedTakeTests } from './repeated-take.ts';
import { retentionTests } from './retention.ts';
import { scheduleTests } from './schedule.ts';
import { settleTests } from './settle.ts';
import { settleAndTakeTests } from './settle-and-take.ts';
import { takeTests } from './take.ts';
import { timeLimitsTests } from './time-limits.ts';
import { topicSettingsTests } from './topic-settings.ts';
import { topicsTests } from './topics.ts';
import { uniqueTests } from './unique.ts';
import { uniqueEndsTests } from './unique-ends.ts';
import { wakeTests } from './wake.ts';

const AREAS = {
	push: pushTests,
	take: takeTests,
	settle: settleTests,
	fencing: fencingTests,
	'settle and take': settleAndTakeTests,
	extend: extendTests,
	order: orderTests,
	schedule: scheduleTests,
	reclaim: reclaimTests,
	retention: retentionTests,
	lists: listsTests,
	paging: pagingTests,
	topics: topicsTests,
	'topic settings': topicSettingsTests,
	actions: actionsTests,
	'idempotent push': idempotentPushTests,
	'repeated take': repeatedTakeTests,
	payload: payloadTests,
	lifecycle: lifecycleTests,
	hints: hintTests,
	fairness: fairnessTests,
	limits: limitsTests,
	'strict order': orderedTests,
	rates: ratesTests,
	pauses: pausesTests,
	unique: uniqueTests,
	'unique, until when': uniqueEndsTests,
	'time limits': timeLimitsTests,
	cancel: cancelTests,
	crashes: crashesTests,
	history: historyTests,
	explain: explainTests,
	groups: groupsTests,
	budgets: budgetsTests,
	'whom it wakes': wakeTests,
	doctor: doctorTests,
	durability: durabilityTests,
};

/** What every engine must do. A test is skipped only where the engine's own `supports` says so. */
export function exerciseEngine(name: string, harness: Harness): void {
	describe(name, () => {
		const subject = useSubject(harness);
		for (const [area, tests] of Object.entries(AREAS)) describe(area, () => tests(subject));
	});
}
