import type { Defect, DefectCode, Examination, Examined } from '../../core/doctor.ts';
import { type Answer, cursorIn, Misread, records } from './answers.ts';
import type { Calls } from './calls.ts';

const PATH = '/v1/doctor';

/** A repair is not repeated once it may have been done: the second answer would not tell what the first has mended. */
export function examine(calls: Calls, { topic, cursor, limit, repair }: Examination): Promise<Examined> {
	const asked = { ...(topic === null ? {} : { topic }), ...(cursor === null ? {} : { cursor }) };
	if (repair) {
		const body = JSON.stringify({ ...asked, limit, repair });
		return calls.run({ method: 'POST', path: PATH, body, kind: 'once', read: examinedIn });
	}
	const query = new URLSearchParams({ ...asked, limit: String(limit) });
	return calls.run({ method: 'GET', path: `${PATH}?${query}`, kind: 'read', read: examinedIn });
}

function examinedIn(answer: Answer): Examined {
	const { examined } = answer.value;
	if (typeof examined !== 'number') throw new Misread();
	return { examined, defects: records(answer, 'defects').map(defectIn), nextCursor: cursorIn(answer) };
}

/** A newer server may know more codes; they are told as it tells them. */
function defectIn(value: Record<string, unknown>): Defect {
	const { code, target, message, repaired } = value;
	if (typeof code !== 'string' || typeof target !== 'string') throw new Misread();
	if (typeof message !== 'string' || typeof repaired !== 'boolean') throw new Misread();
	return { code: code as DefectCode, target, message, repaired };
}
