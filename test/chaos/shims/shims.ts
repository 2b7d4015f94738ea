import { spawnSync } from 'node:child_process';
import {
	closeSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	statSync,
	truncateSync,
	writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { tempDir } from '../../support/temp.ts';

export type Shim = 'disk' | 'clock';

/** What a sync that fails does to the bytes that it should have written: they stay dirty; the kernel takes them for written; it also forgets them. */
export type Loss = 'keep' | 'clean' | 'drop';

const LOSSES: Record<Loss, bigint> = { keep: 0n, clean: 1n, drop: 2n };

/** Why there are no faults of disk and clock here; undefined where there are. */
export function whyNoShims(): string | undefined {
	if (process.platform !== 'linux') return 'faults of disk and clock are made on Linux alone';
	const { error } = spawnSync('cc', ['--version']);
	if (error === undefined) return undefined;
	return `faults of disk and clock need a C compiler (${error.message}): apt-get install gcc libc6-dev`;
}

/** Compiles a shim. @returns the path for LD_PRELOAD */
function compile(shim: Shim, dir: string): string {
	const missing = whyNoShims();
	if (missing !== undefined) throw new Error(missing);
	const library = join(dir, `${shim}.so`);
	const source = join(import.meta.dirname, `${shim}.c`);
	const args = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror', '-o', library, source, '-lpthread'];
	const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
	if (status !== 0) throw new Error(`cc does not compile ${source}: ${stderr}`);
	return library;
}

/** Numbers that a running process reads out of a file that it has mapped. */
class Orders {
	readonly path: string;

	constructor(path: string, count: number) {
		this.path = path;
		this.write(...Array<bigint>(count).fill(0n));
	}

	write(...values: bigint[]): void {
		const bytes = Buffer.from(new BigInt64Array(values).buffer);
		const file = openSync(this.path, existsSync(this.path) ? 'r+' : 'w');
		writeSync(file, bytes, 0, bytes.length, 0);
		closeSync(file);
	}
}

/** The disk of the processes that are started with `env`, and what of their files it has. */
export class FaultyDisk {
	/** For the processes. */
	readonly env: Record<string, string>;
	readonly #orders: Orders;
	readonly #shadows: string;
	#delayMs = 0;

	constructor() {
		const dir = tempDir();
		this.#shadows = join(dir, 'shadows');
		mkdirSync(this.#shadows);
		this.#orders = new Orders(join(dir, 'orders'), 3);
		// io_uring would write past the shim.
		this.env = {
			...{ LD_PRELOAD: compile('disk', dir), DISK_FILE: this.#orders.path },
			...{ SHADOW_DIR: this.#shadows, UV_USE_IO_URING: '0' },
		};
	}

	/** Each sync takes so many ms longer, until `heal`. */
	slow(ms: number): void {
		this.#delayMs = ms;
		this.#order(0, 'keep');
	}

	/** Each sync fails with EIO, until `heal`. */
	fail(loss: Loss): void {
		this.#order(constants.errno.EIO, loss);
	}

	heal(): void {
		this.slow(0);
	}

	/** After all processes were killed: the files of a folder are what was synced of them. */
	cutPower(dir: string): void {
		for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
			const path = join(dir, name);
			const file = statSync(path, { bigint: true });
			if (!file.isFile()) continue;
			const shadow = join(this.#shadows, `${file.dev}-${file.ino}`);
			// A copy into the same file: its number stays that of its shadow.
			if (existsSync(shadow)) copyFileSync(shadow, path);
			else truncateSync(path);
		}
	}

	#order(errno: number, loss: Loss): void {
		this.#orders.write(BigInt(this.#delayMs * 1_000), BigInt(errno), LOSSES[loss]);
	}
}

/** The wall clock of the processes that are started with `env`. */
export class FaultyClock {
	readonly env: Record<string, string>;
	readonly #orders: Orders;

	constructor() {
		const dir = tempDir();
		this.#orders = new Orders(join(dir, 'orders'), 1);
		this.env = { LD_PRELOAD: compile('clock', dir), CLOCK_FILE: this.#orders.path };
	}

	/** Sets it so many ms ahead of the true one; back, when negative. */
	set(aheadMs: number): void {
		this.#orders.write(BigInt(aheadMs));
	}
}

/** One environment for a process with both. */
export function joinEnv(...envs: Record<string, string>[]): Record<string, string> {
	const preload = envs.flatMap(({ LD_PRELOAD }) => LD_PRELOAD ?? []).join(':');
	return Object.assign({}, ...envs, preload === '' ? {} : { LD_PRELOAD: preload });
}
