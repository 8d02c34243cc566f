import { bugsUrl, tool } from '../about.ts';
import type { Command, Given } from './arguments.ts';
import { COMMANDS, parseArguments } from './arguments.ts';
import { nearest } from '../engine/nearest.ts';
import { UsageError } from '../engine/usageError.ts';
import type { Io } from './io.ts';

/** Errors of the person who called, by their names: the classes live in parts that are loaded when needed. */
const USAGE_ERRORS = ['UsageError', 'InputError'];

/** Runs one command line and gives its exit status; never throws. */
export const main = async (words: readonly string[], io: Io): Promise<number> => {
  try {
    const parsed = await parseArguments(words);
    if ('output' in parsed) {
      await io.stdout(parsed.output);
      return 0;
    }
    return await run(parsed.command, parsed.options, io).catch((error: unknown) => {
      throw withCommand(error, parsed.options);
    });
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    if (USAGE_ERRORS.includes(name)) {
      await io.stderr(
        `${message
          .split('\n')
          .map((line) => `${tool.name}: ${line}`)
          .join('\n')}\n`,
      );
      return 2;
    }
    const detailed = words.includes('--verbose') || (io.env['DEBUG'] ?? '') !== '';
    const where = bugsUrl === undefined ? '' : ` at ${bugsUrl}`;
    const more = detailed ? (stack ?? '') : '--verbose shows where it happened.';
    await io.stderr(
      `${tool.name}: a fault in ${tool.name} ${tool.version} itself: ${message}\nPlease report it${where}, with the files that lead to it. ${more}\n`,
    );
    return 3;
  }
};

/** A path that is not there may have been meant as a command. */
const withCommand = (error: unknown, { paths }: Given): unknown => {
  if (!(error instanceof Error) || error.name !== 'InputError' || !Array.isArray(paths)) return error;
  const word: unknown = paths.find((path) => typeof path === 'string' && error.message.endsWith(`: ${path}`));
  const guess = typeof word === 'string' && /^\w+$/.test(word) ? nearest(word, COMMANDS) : undefined;
  return guess === undefined ? error : new UsageError(`${error.message} (did you mean the command ${guess}?)`);
};

/** What a command needs is loaded when it runs, so that `--version` and `--help` answer at once. */
const run = async (command: Command, options: Given, io: Io): Promise<number> => {
  switch (command) {
    case 'lint':
      return (await import('./lint.ts')).lintCommand(options, io);
    case 'facts':
      return (await import('./facts.ts')).factsCommand(options, io);
    case 'topology':
      return (await import('./topology.ts')).topologyCommand(options, io);
    case 'rules':
      return (await import('./rules.ts')).rulesCommand(options, io);
    case 'explain':
      return (await import('./rules.ts')).explainCommand(options, io);
    case 'completion':
      return (await import('./completion.ts')).completionCommand(options, io);
    case 'init':
      return (await import('./init.ts')).initCommand(options, io);
  }
};
