import { execFileSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { broken, type Mutant } from './mutant.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** These use what `npm run build` makes. */
const ON_DIST = /^test\/(process|sdk|chaos|package)\//;

/** A copy of the working tree, in which guards are broken one at a time. */
export class Tree {
	readonly path = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));

	constructor() {
		const listed = execFileSync('git', ['ls-files', '-zco', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
		for (const file of listed.split('\0').filter((name) => name !== '' && name !== 'node_modules')) {
			mkdirSync(join(this.path, dirname(file)), { recursive: true });
			// A file may have been deleted and still be listed.
			cpSync(join(ROOT, file), join(this.path, file), { errorOnExist: false, force: true });
		}
		symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(this.path, 'node_modules'));
	}

	/** Breaks one guard; gives back how to mend it. */
	break(mutant: Mutant): () => void {
		const file = join(this.path, mutant.file);
		const text = readFileSync(file, 'utf8');
		writeFileSync(file, broken(text, mutant));
		const mend = () => {
			writeFileSync(file, text);
			this.#buildLua(mutant);
		};
		try {
			this.#buildLua(mutant);
			if (ON_DIST.test(mutant.test.file)) this.build();
		} catch (error) {
			mend();
			throw error;
		}
		return mend;
	}

	build(): void {
		this.#run('node', ['scripts/clean.mjs']);
		this.#run('node', ['scripts/build-lua.mjs']);
		this.#run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
	}

	remove(): void {
		rmSync(this.path, { recursive: true, force: true });
	}

	#buildLua({ file }: Mutant): void {
		if (file.endsWith('.lua')) this.#run('node', ['scripts/build-lua.mjs']);
	}

	#run(command: string, args: string[]): void {
		execFileSync(command, args, { cwd: this.path, stdio: 'pipe' });
	}
}
