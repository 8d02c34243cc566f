import { Chalk } from 'chalk';
import type { Severity } from '../model/index.ts';

/** Colours by meaning. */
export interface Paint {
  readonly severity: (severity: Severity, text: string) => string;
  readonly file: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly good: (text: string) => string;
}

const asIs = (text: string): string => text;

export const plain: Paint = { severity: (_severity, text) => text, file: asIs, quiet: asIs, strong: asIs, good: asIs };

export const coloured = (): Paint => {
  const chalk = new Chalk({ level: 1 });
  const colours = { error: chalk.red.bold, warning: chalk.yellow.bold, info: chalk.blue.bold };
  return {
    severity: (severity, text) => colours[severity](text),
    file: chalk.bold,
    quiet: chalk.dim,
    strong: chalk.bold,
    good: chalk.green,
  };
};

/** Text of files and messages without characters that steer a terminal. */
export const printable = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- these are the characters meant
  text.replaceAll(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
