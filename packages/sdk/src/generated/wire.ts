/**
 * Types of the HTTP API. Generated from the schemas of @preheat/contracts by `npm run generate`: do not edit.
 */
export interface FileObject {
  id: string;
  object: "file";
  bytes: number;
  created_at: number;
  filename: string;
  purpose:
    | "assistants"
    | "batch"
    | "fine-tune"
    | "vision"
    | "user_data"
    | "evals"
    | "assistants_output"
    | "batch_output"
    | "fine-tune-results";
  status: "uploaded" | "processed" | "error";
  status_details?: string;
  expires_at?: number;
}

export interface GraderSpec {
  type: string;
  name: string;
  [k: string]: unknown;
}

export interface GraderErrors {
  formula_parse_error: boolean;
  sample_parse_error: boolean;
  truncated_observation_error: boolean;
  unresponsive_reward_error: boolean;
  invalid_variable_error: boolean;
  other_error: boolean;
  python_grader_server_error: boolean;
  python_grader_server_error_type: string | null;
  python_grader_runtime_error: boolean;
  python_grader_runtime_error_details: string | null;
  model_grader_server_error: boolean;
  model_grader_refusal_error: boolean;
  model_grader_parse_error: boolean;
  model_grader_server_error_details: string | null;
}

export interface CreateJob {
  model: string;
  training_file: string;
  validation_file?: string | null;
  suffix?: string | null;
  seed?: number | null;
  metadata?: {
    [k: string]: string;
  } | null;
  method?: {
    type: "supervised" | "reinforcement" | "dpo";
    supervised?: {
      hyperparameters?: {
        n_epochs?: "auto" | number;
        batch_size?: "auto" | number;
        learning_rate_multiplier?: "auto" | number;
      };
    };
    reinforcement?: {
      grader: {
        type: string;
        name: string;
        [k: string]: unknown;
      };
      hyperparameters?: {
        n_epochs?: "auto" | number;
        batch_size?: "auto" | number;
        learning_rate_multiplier?: "auto" | number;
        compute_multiplier?: "auto" | number;
        eval_interval?: "auto" | number;
        eval_samples?: "auto" | number;
        reasoning_effort?: "default" | "low" | "medium" | "high";
      };
      algorithm?: string;
    };
  };
  pipeline?: (
    | {
        type: "supervised";
        algorithm: string;
        training_file?: string;
        validation_file?: string | null;
        hyperparameters?: {
          [k: string]: unknown;
        };
      }
    | {
        type: "reinforcement";
        algorithm: string;
        training_file?: string;
        validation_file?: string | null;
        grader: {
          type: string;
          name: string;
          [k: string]: unknown;
        };
        hyperparameters?: {
          [k: string]: unknown;
        };
      }
  )[];
  hyperparameters?: {
    [k: string]: unknown;
  };
  integrations?: unknown[] | null;
}

export interface FineTuningJob {
  object: "fine_tuning.job";
  id: string;
  model: string;
  created_at: number;
  finished_at: number | null;
  estimated_finish: number | null;
  fine_tuned_model: string | null;
  organization_id: string;
  status: "validating_files" | "queued" | "running" | "paused" | "pausing" | "succeeded" | "failed" | "cancelled";
  training_file: string;
  validation_file: string | null;
  result_files: string[];
  trained_tokens: number | null;
  seed: number;
  hyperparameters: {
    [k: string]: unknown;
  };
  method: {
    type: "supervised" | "reinforcement" | "dpo";
    supervised?: {
      hyperparameters?: {
        n_epochs?: "auto" | number;
        batch_size?: "auto" | number;
        learning_rate_multiplier?: "auto" | number;
      };
    };
    reinforcement?: {
      grader: {
        type: string;
        name: string;
        [k: string]: unknown;
      };
      hyperparameters?: {
        n_epochs?: "auto" | number;
        batch_size?: "auto" | number;
        learning_rate_multiplier?: "auto" | number;
        compute_multiplier?: "auto" | number;
        eval_interval?: "auto" | number;
        eval_samples?: "auto" | number;
        reasoning_effort?: "default" | "low" | "medium" | "high";
      };
      algorithm?: string;
    };
  } | null;
  error: {
    code: string;
    message: string;
    param: string | null;
  } | null;
  integrations: null;
  metadata: {
    [k: string]: string;
  } | null;
  user_provided_suffix: string | null;
  pipeline: {
    type: "supervised" | "reinforcement";
    algorithm: string;
    training_file: string;
    validation_file: string | null;
    grader?: unknown;
    hyperparameters: {
      [k: string]: unknown;
    };
    status: "pending" | "running" | "succeeded" | "failed" | "cancelled";
    model: string | null;
  }[];
  progress: {
    phase: number;
    phase_step: number;
    phase_steps: number | null;
    step: number;
    total_steps: number | null;
    tokens_per_second: number | null;
    eta_seconds: number | null;
  } | null;
}

export interface FineTuningJobEvent {
  object: "fine_tuning.job.event";
  id: string;
  created_at: number;
  level: "info" | "warn" | "error";
  type: "message" | "metrics";
  message: string;
  data: {
    [k: string]: unknown;
  } | null;
}

export interface FineTuningJobCheckpoint {
  object: "fine_tuning.job.checkpoint";
  id: string;
  created_at: number;
  fine_tuning_job_id: string;
  fine_tuned_model_checkpoint: string;
  step_number: number;
  metrics: {
    [k: string]: number;
  };
  phase: number;
  phase_step: number;
}

export interface CreateEval {
  name?: string;
  metadata?: {
    [k: string]: string;
  } | null;
  data_source_config: {
    type: "custom";
    item_schema: {
      [k: string]: unknown;
    };
    include_sample_schema?: boolean;
  };
  testing_criteria: ({
    type: string;
    name: string;
    [k: string]: unknown;
  } & {
    pass_threshold?: number;
  })[];
}

export interface EvalObject {
  object: "eval";
  id: string;
  name: string;
  created_at: number;
  metadata: {
    [k: string]: string;
  } | null;
  data_source_config: {
    type: "custom";
    schema: {
      [k: string]: unknown;
    };
  };
  testing_criteria: unknown[];
}

export interface CreateRun {
  name?: string;
  metadata?: {
    [k: string]: string;
  } | null;
  data_source:
    | {
        type: "jsonl";
        source:
          | {
              type: "file_id";
              id: string;
            }
          | {
              type: "file_content";
              content: {
                item: {
                  [k: string]: unknown;
                };
                sample?: {
                  [k: string]: unknown;
                } | null;
              }[];
            };
      }
    | {
        type: "completions";
        model: string;
        source:
          | {
              type: "file_id";
              id: string;
            }
          | {
              type: "file_content";
              content: {
                item: {
                  [k: string]: unknown;
                };
                sample?: {
                  [k: string]: unknown;
                } | null;
              }[];
            };
        input_messages:
          | {
              type: "template";
              template: {
                role: "system" | "developer" | "user" | "assistant";
                content:
                  | string
                  | {
                      type: "input_text" | "output_text";
                      text: string;
                    };
                type?: "message";
              }[];
            }
          | {
              type: "item_reference";
              item_reference: string;
            };
        sampling_params?: {
          temperature?: number | null;
          top_p?: number | null;
          seed?: number | null;
          max_completion_tokens?: number | null;
        };
      };
}

export interface EvalRunObject {
  object: "eval.run";
  id: string;
  eval_id: string;
  status: "queued" | "in_progress" | "completed" | "canceled" | "failed";
  model: string;
  name: string;
  created_at: number;
  report_url: string;
  data_source: unknown;
  metadata: {
    [k: string]: string;
  } | null;
  error: {
    code: string;
    message: string;
  } | null;
  result_counts: {
    total: number;
    errored: number;
    failed: number;
    passed: number;
  };
  per_model_usage:
    | {
        model_name: string;
        invocation_count: number;
        prompt_tokens: number;
        completion_tokens: number;
        cached_tokens: number;
        total_tokens: number;
      }[]
    | null;
  per_testing_criteria_results:
    | {
        testing_criteria: string;
        passed: number;
        failed: number;
      }[]
    | null;
}

export interface OutputItem {
  object: "eval.run.output_item";
  id: string;
  created_at: number;
  run_id: string;
  eval_id: string;
  status: "pass" | "fail" | "error";
  datasource_item_id: number;
  datasource_item: {
    [k: string]: unknown;
  };
  results: {
    name: string;
    type?: string;
    score: number;
    passed: boolean;
    sample?: {
      [k: string]: unknown;
    } | null;
    [k: string]: unknown;
  }[];
  sample: {
    input: {
      role: string;
      content: string;
    }[];
    output: {
      role: string;
      content: string;
    }[];
    finish_reason: string;
    model: string;
    usage: {
      total_tokens: number;
      completion_tokens: number;
      prompt_tokens: number;
      cached_tokens: number;
    };
    error: {
      code: string;
      message: string;
    } | null;
    temperature: number;
    max_completion_tokens: number;
    top_p: number;
    seed: number;
  };
}

export interface ModelObject {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
}

export interface ChatCompletionRequest {
  model: string;
  messages: {
    role: "developer" | "system" | "user" | "assistant";
    content:
      | string
      | {
          type: "text";
          text: string;
        }[];
    name?: string;
  }[];
  max_completion_tokens?: number | null;
  max_tokens?: number | null;
  n?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  seed?: number | null;
  stop?: (string | string[]) | null;
  stream?: boolean | null;
  stream_options?: {
    include_usage?: boolean;
  } | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  metadata?: {
    [k: string]: string;
  } | null;
  user?: string;
  return_token_ids?: boolean;
}

export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: {
    index: number;
    finish_reason: "stop" | "length";
    logprobs: {
      content:
        | ({
            token: string;
            logprob: number;
            bytes: number[] | null;
          } & {
            top_logprobs: {
              token: string;
              logprob: number;
              bytes: number[] | null;
            }[];
          })[]
        | null;
      refusal: null;
    } | null;
    message: {
      role: "assistant";
      content: string | null;
      refusal: null;
    };
    token_ids?: number[];
    token_logprobs?: number[];
  }[];
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: {
      cached_tokens: number;
    };
    completion_tokens_details: {
      reasoning_tokens: number;
    };
  };
  service_tier: "default";
  system_fingerprint: string;
}

export interface ChatCompletionChunk {
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  choices: {
    index: number;
    delta: {
      role?: "assistant";
      content?: string;
    };
    finish_reason: ("stop" | "length") | null;
    logprobs: {
      content:
        | ({
            token: string;
            logprob: number;
            bytes: number[] | null;
          } & {
            top_logprobs: {
              token: string;
              logprob: number;
              bytes: number[] | null;
            }[];
          })[]
        | null;
      refusal: null;
    } | null;
  }[];
  usage?: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: {
      cached_tokens: number;
    };
    completion_tokens_details: {
      reasoning_tokens: number;
    };
  } | null;
}
