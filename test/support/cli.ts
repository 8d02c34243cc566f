import { main } from '../../src/cli/run.ts';
import type { Io } from '../../src/cli/io.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process. */
export const run = async (
  words: readonly string[],
  io: Partial<Omit<Io, 'stdin'>> & { readonly cwd: string; readonly input?: string },
): Promise<Ran> => {
  let [stdout, stderr] = ['', ''];
  const status = await main(words, {
    env: {},
    isTerminal: { stdout: false, stderr: false },
    stdin: async () => io.input ?? '',
    ...io,
    stdout: async (text) => void (stdout += text),
    stderr: async (text) => void (stderr += text),
  });
  return { status, stdout, stderr };
};
