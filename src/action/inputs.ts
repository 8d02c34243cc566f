/** What the workflow asks for (`with:` of the step). */
export interface Inputs {
  readonly paths: readonly string[];
  readonly config: string | undefined;
  readonly failOn: string | undefined;
  readonly args: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The runner passes inputs as INPUT_<NAME>, upper case, with hyphens kept: INPUT_FAIL-ON. */
export const readInputs = (environment: Environment): Inputs => {
  const input = (name: string): string => environment[`INPUT_${name.toUpperCase()}`]?.trim() ?? '';
  const paths = words(input('paths'));
  return {
    paths: paths.length === 0 ? ['.'] : paths,
    config: input('config') || undefined,
    failOn: input('fail-on') || undefined,
    args: words(input('args')),
  };
};

/** Splits at blanks and line ends; quotes keep a word together, as in a shell. */
export const words = (text: string): readonly string[] =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );

/** The command line that does what the inputs ask for. */
export const commandLine = (
  inputs: Inputs,
  files: { readonly json: string; readonly sarif: string },
): readonly string[] => [
  ...inputs.paths,
  '--format=github',
  `--output=json=${files.json}`,
  `--output=sarif=${files.sarif}`,
  ...(inputs.config === undefined ? [] : [`--config=${inputs.config}`]),
  ...(inputs.failOn === undefined ? [] : [`--fail-on=${inputs.failOn}`]),
  ...inputs.args,
];
