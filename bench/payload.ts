import type { Payload } from './contract.ts';

/** 111 bytes of JSON at n < 10 and two more for each further digit, like a mail that is to be sent. */
export function payload(n: number): Payload {
	return {
		to: `user${n}@example.com`,
		subject: 'Welcome',
		template: 'welcome-v2',
		vars: { name: 'Ada', plan: 'pro' },
		n,
	};
}

/** A payload of about `bytes`. */
export function sized(bytes: number): (n: number) => Payload {
	const pad = 'x'.repeat(Math.max(0, bytes - JSON.stringify(payload(0)).length - 10));
	return (n) => ({ ...payload(n), pad });
}
