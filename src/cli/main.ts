#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { keysCommand } from './commands/keys.ts';
import { serveCommand } from './commands/serve.ts';
import { Failure, USAGE_EXIT } from './failure.ts';

function version(): string {
	const file = new URL('../../package.json', import.meta.url);
	return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Whatever goes wrong is one line for a person: no stack, no second line. */
function fail(message: string, exitCode: number): void {
	process.stderr.write(`millrace: ${message.replace(/\s*\n\s*/g, ' ').trim()}\n`);
	process.exitCode = exitCode;
}

const program = new Command('millrace')
	.description('A distributed job queue: an HTTP server on one SQLite file or on Redis')
	.version(version())
	.exitOverride()
	.configureOutput({ outputError: () => {} })
	.addCommand(serveCommand())
	.addCommand(keysCommand())
	.addCommand(doctorCommand());

function inherit(parent: Command): void {
	for (const command of parent.commands) {
		command.copyInheritedSettings(parent);
		inherit(command);
	}
}

inherit(program);

// A reader of our output may close it early, as `head` does; that must not end the server.
process.stdout.on('error', () => {});

try {
	await program.parseAsync();
} catch (error) {
	if (error instanceof CommanderError) {
		// Called without a command, commander has shown the help.
		if (error.code === 'commander.help') process.exitCode = USAGE_EXIT;
		else if (error.exitCode !== 0) fail(error.message.replace(/^error: /, ''), USAGE_EXIT);
	} else if (error instanceof Failure) fail(error.message, error.exitCode);
	else throw error;
}
