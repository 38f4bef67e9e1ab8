/** Reads a Dockerfile into its stages, as far as checks of its facts need. */

export interface Instruction {
  keyword: string;
  argument: string;
}

export interface Stage {
  name: string;
  /** Image or earlier stage that it starts from. */
  from: string;
  instructions: Instruction[];
}

export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  for (const { keyword, argument } of instructions(text)) {
    const [from = '', , name = ''] = argument.split(/\s+/);
    if (keyword === 'FROM') stages.push({ name, from, instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, argument });
  }
  return stages;
}

/** Comments go, lines that end in a backslash are joined with the next. */
function instructions(text: string): Instruction[] {
  const joined = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ');
  const lines = joined.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [keyword = '', ...rest] = line.trim().split(/\s+/);
    return { keyword: keyword.toUpperCase(), argument: rest.join(' ') };
  });
}

/** What `COPY` takes from the build context (not from another stage), without the target. */
export function copiedFromContext(stage: Stage): string[] {
  const copies = stage.instructions.filter(
    ({ keyword, argument }) => keyword === 'COPY' && !argument.startsWith('--from'),
  );
  return copies.flatMap(({ argument }) => argument.split(' ').slice(0, -1));
}
