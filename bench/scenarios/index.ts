import type { Contestant, Scenario } from '../contract.ts';
import { costScenarios } from './cost.ts';
import { latencyScenarios } from './latency.ts';
import { pushScenarios } from './push.ts';
import { workScenarios } from './work.ts';

export const SCENARIOS: Scenario[] = [...pushScenarios, ...workScenarios, ...latencyScenarios, ...costScenarios];

const CEILING = /^(push-|bulk|work-10+$|cost$)/;

/** Whether the contestant takes part: it can do what is asked, and asking it says something. */
export function takesPart({ name, lacks = [], store }: Contestant, scenario: Scenario): boolean {
	if (scenario.needs?.some((feature) => lacks.includes(feature))) return false;
	if (scenario.name.startsWith('bytes-delayed') && lacks.includes('delay')) return false;
	if (name.startsWith('bare-'))
		return CEILING.test(scenario.name) && (name === 'bare-redis' || scenario.name !== 'cost');
	if (costScenarios.includes(scenario)) return store === 'redis';
	return true;
}
