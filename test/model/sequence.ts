import { adminSteps } from './steps/admin.ts';
import { explainSteps } from './steps/explain.ts';
import { extendSteps } from './steps/extend.ts';
import { groupSteps } from './steps/groups.ts';
import { pushSteps } from './steps/push.ts';
import { settingsSteps } from './steps/settings.ts';
import { settleSteps } from './steps/settle.ts';
import { takeSteps } from './steps/take.ts';
import { timeSteps } from './steps/time.ts';

/** Every kind of step. Those that move jobs come up more often than those that set the stage. */
export const STEPS = [
	...pushSteps,
	...pushSteps,
	...takeSteps,
	...takeSteps,
	...takeSteps,
	...settleSteps,
	...settleSteps,
	...extendSteps,
	...timeSteps,
	...timeSteps,
	...adminSteps,
	...explainSteps,
	...explainSteps,
	...groupSteps,
	...settingsSteps,
];
