import type { Argv } from 'yargs';
import yargs from 'yargs';
import { tool } from '../about.ts';
import { nearest } from '../engine/nearest.ts';
import { UsageError } from '../engine/usageError.ts';

export const COMMANDS = ['lint', 'facts', 'topology', 'rules', 'explain', 'init', 'completion'] as const;
export type Command = (typeof COMMANDS)[number];

/** What was asked for, or text to show (help, version, completion). */
export type Parsed = { readonly command: Command; readonly options: Given } | { readonly output: string };

/** Options as given; a name may stand several times. */
export type Given = Readonly<Record<string, unknown>>;

const EPILOGUE = `Examples:
  mesh-lint ./clusters                     each directory below ./clusters is a cluster
  mesh-lint clusters/east clusters/west    two clusters
  mesh-lint --cluster east='apps/**/east/**' --cluster west='apps/**/west/**'
                                           clusters by globs
  mesh-lint --format github --output sarif=mesh-lint.sarif
                                           annotations, and a file for code scanning
  mesh-lint --rule 'trust/*=warning' --skip services/ports-agree
                                           change severities, leave a rule out
  helm template … | mesh-lint -            manifests from standard input

Exit status:
  0  nothing found at or above --fail-on
  1  something found
  2  the call, the configuration or the input cannot be used, or nothing was checked
  3  a fault in mesh-lint itself`;

const USAGE = `Usage: mesh-lint [command] [paths..]

Finds what will break between the clusters of an Istio mesh, from the manifests in
a repository. Reads files only: no cluster, no network.

A path is a directory whose sub-directories are clusters (./clusters), several
cluster directories, files, or - for standard input. Default: this directory.`;

/** Reads the words of a command line. Throws `UsageError` for what cannot be understood. */
export const parseArguments = async (words: readonly string[]): Promise<Parsed> => {
  const argv = words.flatMap(spelledOut);
  let output = '';
  const parser = define(yargs([]));
  const options = await read(parser, argv, (text) => {
    output += text;
  });
  if (output !== '' || options['help'] === true || options['version'] === true)
    return { output: `${output.trimEnd()}\n` };
  const [word] = options._;
  const { paths } = options;
  const given = Array.isArray(paths)
    ? { ...options, paths: paths.map((path: unknown) => (path === STANDARD_INPUT ? '-' : path)) }
    : options;
  return { command: COMMANDS.find((command) => command === word) ?? 'lint', options: given };
};

type Words = Given & { readonly _: readonly (string | number)[] };

const read = async (parser: Argv, argv: readonly string[], print: (text: string) => void): Promise<Words> => {
  try {
    return (await parser.parseAsync(argv, {}, (_error: unknown, _parsed: unknown, text: string) =>
      print(text),
    )) as Words;
  } catch (error) {
    throw error instanceof UnknownOption ? await explained(error) : error;
  }
};

/** Stands for `-` while yargs, which takes it for an empty option, looks at the words. */
const STANDARD_INPUT = '\0-';

/** `--color` may stand alone; the word that follows it is then no value. */
const spelledOut = (word: string, index: number, words: readonly string[]): readonly string[] => {
  if (words.slice(0, index).includes('--')) return [word];
  if (word === '-') return [STANDARD_INPUT];
  if (word === '--no-color') return ['--color=never'];
  if (word === '--color' && !['auto', 'always', 'never'].includes(words[index + 1] ?? '')) return ['--color=always'];
  return [word];
};

const define = (parser: Argv): Argv =>
  parser
    .scriptName(tool.name)
    .locale('en')
    .wrap(100)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .usage(USAGE)
    .command(['lint [paths..]', '$0'], 'Lint; the default command', (command) => lintOptions(withPaths(command)))
    .command(
      'facts [paths..]',
      'Print every derived fact of every cluster, with the places where it is said',
      (command) => reading(withPaths(command)),
    )
    .command(
      'topology [paths..]',
      'Draw the mesh: clusters, networks, gateways, who discovers whom, trust, and what is wrong',
      (command) => topologyOptions(withPaths(command)),
    )
    .command('rules', 'List all rules: id, severity, versions, summary, whether they are on', (command) =>
      ruleChoice(textOrJson(configuration(command))),
    )
    .command(
      'explain <rule>',
      'Tell why a rule exists, how to repair what it finds, its options, an example',
      (command) => command.positional('rule', { type: 'string', describe: 'Rule id, such as trust/shared-root-ca' }),
    )
    .command('init [paths..]', 'Write mesh-lint.yaml from what was found', (command) =>
      clusters(withPaths(command)).option('force', {
        type: 'boolean',
        describe: 'Overwrite an existing mesh-lint.yaml',
      }),
    )
    .command(
      'completion [shell]',
      'Print a script for bash or zsh that completes commands, options and rules',
      (command) => command.positional('shell', { type: 'string', describe: 'bash or zsh; default that of $SHELL' }),
    )
    .option('color', {
      choices: ['auto', 'always', 'never'],
      requiresArg: true,
      describe: 'Colours; also --color, --no-color, NO_COLOR, FORCE_COLOR',
    })
    .option('verbose', { type: 'boolean', describe: 'Tell how files became clusters, and what was not read' })
    .help('help', 'Show this help; mesh-lint <command> --help for a command')
    .version('version', 'Show the version', tool.version)
    .alias({ help: 'h', version: 'V' })
    .epilogue(EPILOGUE)
    .strict()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof UsageError ? error : failure(message ?? (error as Error | undefined)?.message ?? '');
    });

const withPaths = (command: Argv): Argv =>
  command.positional('paths', { type: 'string', array: true, describe: 'Directories, files, or - for standard input' });

const configuration = (command: Argv): Argv =>
  command
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'A mesh-lint.yaml; looked for from the path upwards where not given',
    })
    .option('no-config', { type: 'boolean', describe: 'Use no mesh-lint.yaml' })
    .conflicts('config', 'no-config');

const clusters = (command: Argv): Argv =>
  command.option('cluster', {
    type: 'string',
    requiresArg: true,
    describe: 'NAME=GLOB: files of a cluster, in place of discovery (repeatable)',
  });

const version = (command: Argv): Argv =>
  command.option('istio-version', {
    type: 'string',
    requiresArg: true,
    describe: 'Istio version of clusters that do not say, such as 1.30',
  });

const textOrJson = (command: Argv): Argv =>
  command.option('format', {
    choices: ['text', 'json'],
    requiresArg: true,
    describe: 'How it is printed',
    defaultDescription: 'text',
  });

const reading = (command: Argv): Argv => textOrJson(version(clusters(configuration(command))));

const ruleChoice = (command: Argv): Argv =>
  command
    .option('preset', {
      choices: ['recommended', 'strict'],
      requiresArg: true,
      describe: 'Which rules are on where nothing is said of them',
      defaultDescription: 'recommended',
    })
    .option('rule', {
      type: 'string',
      requiresArg: true,
      describe: 'ID=off|info|warning|error; family/* for a family (repeatable)',
    })
    .option('only', {
      type: 'string',
      requiresArg: true,
      describe: 'Run this rule or family/* and no other (repeatable)',
    })
    .option('skip', { type: 'string', requiresArg: true, describe: 'Do not run this rule or family/* (repeatable)' });

export const TOPOLOGY_FORMATS = ['text', 'mermaid', 'dot', 'svg', 'json'] as const;

const topologyOptions = (command: Argv): Argv =>
  ruleChoice(version(clusters(configuration(command)))).option('format', {
    choices: TOPOLOGY_FORMATS,
    requiresArg: true,
    describe: 'How it is drawn; svg opens in any browser',
    defaultDescription: 'text',
  });

export const FORMATS = ['text', 'json', 'github', 'sarif'] as const;

const lintOptions = (command: Argv): Argv =>
  ruleChoice(version(clusters(configuration(command))))
    .option('format', {
      choices: FORMATS,
      requiresArg: true,
      describe: 'What goes to standard output',
      defaultDescription: 'text',
    })
    .option('output', {
      type: 'string',
      requiresArg: true,
      describe: 'FORMAT=FILE: write a report to a file as well (repeatable)',
    })
    .option('fail-on', {
      choices: ['error', 'warning', 'info', 'never'],
      requiresArg: true,
      describe: 'Lowest severity that gives exit status 1',
      defaultDescription: 'error',
    })
    .option('max-warnings', {
      type: 'string',
      requiresArg: true,
      describe: 'Exit status 1 with more than this many warnings',
    })
    .option('quiet', { type: 'boolean', describe: 'Print findings only, and nothing where there are none' })
    .option('stats', { type: 'boolean', describe: 'Print sizes, times and memory to standard error' });

/** Messages of yargs in our words. */
const failure = (message: string): Error => {
  const unknown = /^Unknown arguments?: ([^,]*)/.exec(message)?.[1];
  if (unknown !== undefined) return new UnknownOption(unknown);
  const choice = /Argument: (\S+), Given: (.*), Choices: (.*)$/m.exec(message);
  if (choice !== null)
    return new UsageError(`--${choice[1]} ${plainWords(choice[2])}: not one of ${plainWords(choice[3])}`);
  const bare = /^Not enough arguments following: (\S+)/.exec(message)?.[1];
  if (bare !== undefined) return new UsageError(`--${bare} needs a value`);
  if (message.startsWith('Not enough non-option arguments'))
    return new UsageError('an argument is missing: mesh-lint <command> --help shows which');
  const both = /^Arguments (\S+) and (\S+) are mutually exclusive/.exec(message);
  if (both !== null) return new UsageError(`--${both[1]} and --${both[2]} exclude each other`);
  return new UsageError(message.replace(/\s*\n\s*/g, ' ').replace(/^./, (first) => first.toLowerCase()));
};

const plainWords = (text = ''): string => text.replaceAll('"', '');

/** An option that no command has; the text of the help knows which there are. */
class UnknownOption extends UsageError {
  readonly option: string;
  constructor(option: string) {
    super(`unknown option ${option}`);
    this.option = option;
  }
}

const explained = async ({ option }: UnknownOption): Promise<UsageError> => {
  const guess = nearest(option, await optionNames());
  return new UsageError(
    `unknown option ${option.length === 1 ? '-' : '--'}${option}${guess === undefined ? '' : `, did you mean --${guess}?`}`,
  );
};

/** All options of `lint`, without hyphens. */
export const optionNames = async (): Promise<readonly string[]> => {
  const help = await define(yargs([])).getHelp();
  // The examples at the end name options once more.
  return [...new Set([...help.matchAll(/^ .*?--([a-z-]{2,}) /gm)].map(([, name = '']) => name))];
};
