/** The flags that describe a job, the same for creating one and for its preflight. */
import { type Command, Option } from 'commander';
import { atLeast, duration, keyValue, numberBetween, positive } from './arguments.js';

export function addRequestFlags(command: Command): Command {
  return command
    .option('--file <job.json>', 'the request body, as for POST /v1/fine_tuning/jobs')
    .option('--model <name>', 'what to start from: a base model, a model of yours, or any checkpoint')
    .option('--validation-file <path or id>', 'JSONL rows held out; a path is uploaded first')
    .option('--pipeline <json or file>', 'array of phases, run in order on one set of weights')
    .addOption(new Option('--method <type>', 'one phase only').choices(['supervised', 'dpo', 'reinforcement']))
    .option('--grader <json or file>', 'grader of a reinforcement method')
    .option('--hyperparameter <key=value>', 'of the method; repeatable', keyValue)
    .option('--suffix <text>', 'becomes part of the name of the model')
    .option('--seed <number>', 'makes the job repeatable', atLeast(0))
    .option('--metadata <key=value>', 'repeatable', keyValue)
    .option('--alias <name>', 'lets it stand for the model when the job succeeds')
    .option('--gate <json or file>', 'with --alias: what an eval must reach first')
    .option('--max-train-seconds <number>', 'end well after so many seconds of training steps', positive)
    .option('--max-tokens <number>', 'end well after so many trained tokens', atLeast(1))
    .option('--max-cost <number>', 'end well at this cost', positive)
    .option('--deadline <unix seconds>', 'end well at this time', atLeast(0))
    .option('--priority <number>', 'from -100 to 100; orders the waiting jobs of the project', numberBetween(-100, 100))
    .option('--keep-best <number>', 'checkpoints of each phase to keep beside the last', atLeast(1))
    .option('--checkpoint-ttl <duration>', 'let each checkpoint expire at this age, such as 7d', duration)
    .option('--samples <number>', 'rows the model answers for the dry run of a grader; 0 for none', atLeast(0))
    .option('--force', 'queue the job although an estimate speaks against it (rewards, memory, budget)');
}
