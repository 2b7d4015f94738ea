import { isIPv4, isIPv6 } from 'node:net';
import { Failure, USAGE_EXIT } from './failure.ts';
import type { ServeOptions } from './serve-options.ts';

/** Whether only this machine can reach a server on that address. Of a name only `localhost` is known to be so. */
export function isLoopback(host: string): boolean {
	if (isIPv4(host)) return host.startsWith('127.');
	if (isIPv6(host)) return /^(0*:)+0*1$/.test(host) || /^::ffff:127\./i.test(host);
	return host.toLowerCase() === 'localhost';
}

/**
 * @returns whether the server is open to others although nobody needs a key
 * @throws Failure when that was not said to be wanted
 */
export function checkExposure({ host, insecure }: ServeOptions, needsKey: boolean): boolean {
	if (needsKey || isLoopback(host)) return false;
	if (insecure || isInsecureByEnvironment(process.env.MILLRACE_INSECURE)) return true;
	const what = `refusing to listen on ${host} while no keys are asked for`;
	throw new Failure(`${what}; set MILLRACE_ADMIN_KEY, or allow it with --insecure or MILLRACE_INSECURE=1`, USAGE_EXIT);
}

/** The twin of a flag is often set to a word that says no. */
function isInsecureByEnvironment(text = ''): boolean {
	if (/^(1|true|yes|on)$/i.test(text)) return true;
	if (/^(|0|false|no|off)$/i.test(text)) return false;
	throw new Failure(`MILLRACE_INSECURE must be 1 or 0, received '${text}'`, USAGE_EXIT);
}
