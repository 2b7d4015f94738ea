import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { MillraceError } from '../core/errors.ts';
import type { ServerLog } from './context.ts';

/** Files in PEM. */
export interface TlsFiles {
	/** The certificate, and those between it and its root. */
	cert: string;
	/** Its private key, without a passphrase. */
	key: string;
}

export interface Pair {
	cert: Buffer;
	key: Buffer;
}

/** How often the files are looked at. */
const LOOK_MS = 2_000;

/** @throws INVALID when a file cannot be read, or the two don't belong together */
export function readPair({ cert, key }: TlsFiles): Pair {
	const pair = { cert: readPem('cert', cert), key: readPem('key', key) };
	try {
		createSecureContext(pair);
	} catch (problem) {
		const message = `The certificate ${cert} and the key ${key} cannot be used together (${reasonOf(problem)}); both must be PEM, the key without a passphrase and that of the certificate`;
		throw new MillraceError('INVALID', message, { invalid: { field: 'tls', value: cert } });
	}
	return pair;
}

function readPem(field: keyof TlsFiles, path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (problem) {
		const message = `The file ${path} of tls.${field} cannot be read (${reasonOf(problem)})`;
		throw new MillraceError('INVALID', message, { invalid: { field: `tls.${field}`, value: path } });
	}
}

function reasonOf(problem: unknown): string {
	return problem instanceof Error ? problem.message : String(problem);
}

/**
 * New connections get a certificate that was renewed; those that are open keep theirs. A pair that cannot be used, as while one of the two files has been written and the
 * other has not, leaves the old one in place and is told of.
 *
 * @returns how to stop looking
 */
export function followFiles(server: Server, files: TlsFiles, log: ServerLog): () => void {
	const reload = () => {
		try {
			server.setSecureContext(readPair(files));
			log.info({ cert: files.cert }, 'the TLS certificate has changed and is used for new connections');
		} catch (error) {
			log.error({ err: error }, 'the TLS files have changed and cannot be used; the certificate of before stays');
		}
	};
	for (const path of Object.values(files)) watchFile(path, { interval: LOOK_MS, persistent: false }, reload);
	return () => {
		for (const path of Object.values(files)) unwatchFile(path, reload);
	};
}
