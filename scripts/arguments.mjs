// Arguments of the scripts: --help shows the usage, and what cannot be used ends with it in place of a stack trace.
import { parseArgs } from 'node:util';

/** `parseArgs` with positionals. `usage` begins with the command line. */
export const readArguments = (usage, options) => {
  const help = { help: { type: 'boolean', default: false } };
  try {
    const read = parseArgs({ allowPositionals: true, options: { ...options, ...help } });
    if (!read.values.help) return read;
    console.log(`usage: ${usage}`);
    process.exit(0);
  } catch (error) {
    return refuse(usage, error.message);
  }
};

/** Ends the script with status 2. */
export const refuse = (usage, message) => {
  console.error(`${message}\nusage: ${usage}`);
  process.exit(2);
};
