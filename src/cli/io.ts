import { UsageError } from '../engine/usageError.ts';

/** What the command line reads from and writes to besides manifests; tests hand in their own. */
export interface Io {
  readonly stdout: (text: string) => Promise<void>;
  readonly stderr: (text: string) => Promise<void>;
  readonly stdin: () => Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: { readonly stdout: boolean; readonly stderr: boolean };
}

/** The streams of this process. A reader that went away (`mesh-lint | head`) is no fault. */
export const processIo = (): Io => {
  // The callback of each write tells of an error; without a listener Node would end the process as well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    stdout: writer(process.stdout),
    stderr: writer(process.stderr),
    stdin: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks).toString('utf8');
    },
    cwd: process.cwd(),
    env: process.env,
    isTerminal: { stdout: process.stdout.isTTY === true, stderr: process.stderr.isTTY === true },
  };
};

/** Resolves when the text has left, so that nothing is lost at the end of the process. */
const writer =
  (stream: NodeJS.WriteStream) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (text === '') resolve();
      else
        stream.write(text, (error?: NodeJS.ErrnoException | null) => {
          if (error === undefined || error === null || error.code === 'EPIPE') resolve();
          else reject(new UsageError(`cannot write the output: ${error.message}`));
        });
    });
