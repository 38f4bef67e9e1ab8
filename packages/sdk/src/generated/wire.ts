/**
 * Types of the HTTP API. Generated from functions/openapi.json by `npm run generate`: do not edit.
 */

export type TestingCriterion = GraderSpec & {
  pass_threshold?: number;
};
export type RunDataSource =
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
      model?: string | null;
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
          }
        | {
            type: "stored_completions";
            model?: string | null;
            metadata?: {
              [k: string]: string;
            } | null;
            created_after?: number | null;
            created_before?: number | null;
            limit?: number | null;
          };
      input_messages?:
        | (
            | {
                type: "template";
                template: {
                  role: "user" | "assistant" | "system" | "developer";
                  type?: "message";
                  content: unknown;
                }[];
              }
            | {
                type: "item_reference";
                item_reference: string;
              }
          )
        | null;
      sampling_params?: {
        temperature?: number | null;
        top_p?: number | null;
        seed?: number | null;
        max_completion_tokens?: number | null;
        reasoning_effort?: unknown;
        response_format?:
          | (
              | {
                  type: "text";
                }
              | {
                  type: "json_object";
                }
              | {
                  type: "json_schema";
                  json_schema: {
                    name: string;
                    description?: string;
                    schema?: {
                      [k: string]: unknown;
                    };
                    strict?: boolean | null;
                  };
                }
            )
          | null;
        tools?:
          | {
              type: "function";
              function: {
                name: string;
                description?: string;
                parameters?: {
                  [k: string]: unknown;
                };
                strict?: boolean | null;
              };
            }[]
          | null;
      } | null;
    }
  | {
      type: "responses";
      model?: string | null;
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
          }
        | {
            type: "responses";
            [k: string]: unknown;
          };
      input_messages?:
        | (
            | {
                type: "template";
                template: {
                  role: "user" | "assistant" | "system" | "developer";
                  type?: "message";
                  content: unknown;
                }[];
              }
            | {
                type: "item_reference";
                item_reference: string;
              }
          )
        | null;
      sampling_params?: {
        temperature?: number | null;
        top_p?: number | null;
        seed?: number | null;
        max_completion_tokens?: number | null;
        reasoning_effort?: unknown;
        text?: {
          format?:
            | {
                type: "text";
              }
            | {
                type: "json_object";
              }
            | {
                name: string;
                description?: string;
                schema?: {
                  [k: string]: unknown;
                };
                strict?: boolean | null;
                type: "json_schema";
              };
        } | null;
        tools?: unknown;
      } | null;
    };

export interface WireTypes {
  ChatCompletion: ChatCompletion;
  ChatCompletionChunk: ChatCompletionChunk;
  ChatCompletionRequest: ChatCompletionRequest;
  ChatRequestMessage: ChatRequestMessage;
  CheckpointPermission: CheckpointPermission;
  CompareRuns: CompareRuns;
  CreateEval: CreateEval;
  CreateRun: CreateRun;
  DirectUploadPart: DirectUploadPart;
  ErrorBody: ErrorBody;
  EvalObject: EvalObject;
  EvalRunObject: EvalRunObject;
  ExportModelRequest: ExportModelRequest;
  FileObject: FileObject;
  FineTuningJob: FineTuningJob;
  FineTuningJobCheckpoint: FineTuningJobCheckpoint;
  FineTuningJobEvent: FineTuningJobEvent;
  GraderErrors: GraderErrors;
  GraderSpec: GraderSpec;
  ImportModelRequest: ImportModelRequest;
  Method: Method;
  ModelAlias: ModelAlias;
  ModelExpiry: ModelExpiry;
  ModelExport: ModelExport;
  ModelImport: ModelImport;
  ModelObject: ModelObject;
  OutputItem: OutputItem;
  PreflightClass: PreflightClass;
  PreflightReport: PreflightReport;
  PreflightRequest: PreflightRequest;
  PreflightSummary: PreflightSummary;
  RunComparison: RunComparison;
  RunDataSource: RunDataSource;
  SetModelExpiry: SetModelExpiry;
  StoredChatCompletion: StoredChatCompletion;
  TestingCriterion: TestingCriterion;
  TextCompletion: TextCompletion;
  TextCompletionRequest: TextCompletionRequest;
  UploadObject: UploadObject;
  UploadPart: UploadPart;
  WebhookEndpoint: WebhookEndpoint;
  WebhookEndpointWithSecret: WebhookEndpointWithSecret;
  CreateJob: CreateJob;
  CreateWebhookEndpoint: CreateWebhookEndpoint;
  UpdateWebhookEndpoint: UpdateWebhookEndpoint;
}
export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: {
    index: number;
    finish_reason: "stop" | "length" | "tool_calls";
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
      tool_calls?: {
        id: string;
        type: "function";
        function: {
          name: string;
          arguments: string;
        };
      }[];
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
      content?: string | null;
      tool_calls?: {
        id: string;
        type: "function";
        function: {
          name: string;
          arguments: string;
        };
        index: number;
      }[];
    };
    finish_reason: ("stop" | "length" | "tool_calls") | null;
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
    token_ids?: number[];
    token_logprobs?: number[];
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
export interface ChatCompletionRequest {
  model: string;
  messages: ChatRequestMessage[];
  max_completion_tokens?: number | null;
  max_tokens?: number | null;
  n?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  logit_bias?: {
    [k: string]: number;
  } | null;
  seed?: number | null;
  stop?: (string | string[]) | null;
  stream?: boolean | null;
  stream_options?: {
    include_usage?: boolean;
  } | null;
  response_format?:
    | (
        | {
            type: "text";
          }
        | {
            type: "json_object";
          }
        | {
            type: "json_schema";
            json_schema: {
              name: string;
              description?: string;
              schema?: {
                [k: string]: unknown;
              };
              strict?: boolean | null;
            };
          }
      )
    | null;
  tools?:
    | {
        type: "function";
        function: {
          name: string;
          description?: string;
          parameters?: {
            [k: string]: unknown;
          };
          strict?: boolean | null;
        };
      }[]
    | null;
  tool_choice?:
    | (
        | ("none" | "auto" | "required")
        | {
            type: "function";
            function: {
              name: string;
            };
          }
        | {
            type: "allowed_tools";
            allowed_tools: {
              mode: "auto" | "required";
              tools: {
                type: "function";
                function: {
                  name: string;
                };
              }[];
            };
          }
      )
    | null;
  parallel_tool_calls?: boolean | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  metadata?: {
    [k: string]: string;
  } | null;
  store?: boolean | null;
  user?: string;
  return_token_ids?: boolean;
}
export interface ChatRequestMessage {
  role: "developer" | "system" | "user" | "assistant" | "tool";
  content?:
    | string
    | {
        type: "text";
        text: string;
      }[]
    | null;
  name?: string;
  tool_calls?:
    | {
        id: string;
        type: "function";
        function: {
          name: string;
          arguments: string;
        };
      }[]
    | null;
  tool_call_id?: string;
}
export interface CheckpointPermission {
  id: string;
  object: "checkpoint.permission";
  created_at: number;
  project_id: string;
}
export interface CompareRuns {
  baseline: string;
  candidate: string;
  seed?: number;
  resamples?: number;
  confidence?: number;
}
export interface CreateEval {
  name?: string;
  metadata?: {
    [k: string]: string;
  } | null;
  data_source_config:
    | {
        type: "custom";
        item_schema: {
          [k: string]: unknown;
        };
        include_sample_schema?: boolean;
      }
    | {
        type: "logs";
        metadata?: {
          [k: string]: string;
        } | null;
      }
    | {
        type: "stored_completions";
        metadata?: {
          [k: string]: string;
        } | null;
      };
  testing_criteria: TestingCriterion[];
}
export interface GraderSpec {
  /**
   * One of string_check, text_similarity, python, score_model, label_model, multi, phoneme_error_rate, task, http; docs/graders.md has the fields of each.
   */
  type: string;
  name: string;
  [k: string]: unknown;
}
export interface CreateRun {
  name?: string;
  metadata?: {
    [k: string]: string;
  } | null;
  data_source: RunDataSource;
  samples_per_item?: number | null;
  pass_at_k?: number[] | null;
}
export interface DirectUploadPart {
  id: string;
  object: "upload.direct_part";
  upload_id: string;
  method: "PUT";
  url: string;
  headers: {
    [k: string]: string;
  };
  expires_at: number;
}
export interface ErrorBody {
  error: {
    message: string;
    type: string;
    param: string | null;
    code: string | null;
  };
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
    type: "custom" | "logs" | "stored_completions";
    schema: {
      [k: string]: unknown;
    };
    metadata?: {
      [k: string]: string;
    } | null;
  };
  testing_criteria: unknown[];
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
        mean_score: number | null;
      }[]
    | null;
  samples_per_item: number;
  pass_at_k:
    | {
        testing_criteria: string | null;
        k: number;
        value: number;
      }[]
    | null;
}
export interface ExportModelRequest {
  model: string;
  format: "hf" | "transformers-js" | "gguf" | "peft";
  dtype?: "float32" | "bfloat16" | "float16";
  shard_bytes?: number;
}
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
  method: Method | null;
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
  eval_id: string | null;
  publication: {
    alias: string;
    gate: unknown;
    status: "pending" | "evaluating" | "published" | "refused";
    eval_run_id: string | null;
    reasons: string[];
  } | null;
  pipeline: {
    type: "supervised" | "preference" | "reinforcement";
    algorithm: string;
    training_file: string;
    validation_file: string | null;
    grader?: unknown;
    hyperparameters: {
      [k: string]: unknown;
    };
    advance?: {
      valid_loss_at_most?: number;
      valid_reward_at_least?: number;
      no_gain_in?: number;
      min_gain?: number;
    };
    reference?: "phase_start" | "job_start";
    status: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";
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
  queue: {
    position: number;
    estimated_start: {
      earliest: number;
      latest: number | null;
    } | null;
    reason: string;
    warm: boolean;
  } | null;
  budget: {
    max_train_seconds: number | null;
    max_tokens: number | null;
    max_cost: number | null;
  };
  scheduling: {
    priority: number;
    deadline: number | null;
  };
  guards: {
    /**
     * What happens to a run that became worthless: it is paused at its last checkpoint, or only told of.
     */
    action: "pause" | "warn";
    max_loss_ratio: number | null;
    max_kl: number | null;
    max_reference_kl: number | null;
    zero_signal_steps: number | null;
    min_entropy: number | null;
    max_reward_gap: number | null;
    max_logprob_mismatch: number | null;
    max_grader_error_rate: number | null;
    first_step_seconds: number | null;
  };
  retention: {
    /**
     * Checkpoints of each phase to keep, best by the validation metric, beside the last one of each phase.
     */
    keep_best: number;
    checkpoint_ttl_seconds: number | null;
  };
  starts_from: {
    model: string;
    kind: "base" | "imported" | "fine-tuned" | "checkpoint";
    owned_by: string;
    fine_tuning_job_id: string | null;
  } | null;
  usage_metrics: {
    train_seconds: number;
    trained_tokens: number;
    steps: number;
    cost: number;
  };
  preflight: PreflightSummary | null;
  ended_early: {
    reason:
      "max_train_seconds" | "max_tokens" | "max_cost" | "deadline" | "runner_lost" | "attempt_failed" | "model_damaged";
    limit: number;
    used: number;
    step: number;
    checkpoint_step: number | null;
    checkpoint: string | null;
  } | null;
}
export interface Method {
  type: "supervised" | "reinforcement" | "dpo";
  supervised?: {
    hyperparameters?: {
      n_epochs?: "auto" | number;
      batch_size?: "auto" | number;
      learning_rate_multiplier?: "auto" | number;
    };
  };
  dpo?: {
    hyperparameters?: {
      n_epochs?: "auto" | number;
      batch_size?: "auto" | number;
      learning_rate_multiplier?: "auto" | number;
      beta?: "auto" | number;
    };
  };
  reinforcement?: {
    grader: GraderSpec;
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
}
export interface PreflightSummary {
  trained_tokens: {
    low: number;
    high: number;
  };
  classes: PreflightClass[];
  warnings: string[];
  phases: {
    type: "supervised" | "preference" | "reinforcement";
    algorithm: string;
    steps: number;
    trained_tokens: {
      low: number;
      high: number;
    };
    training: {
      rows: number;
      tokenised_rows: number;
      tokens: {
        total: number;
        mean: number;
        p50: number;
        p95: number;
        max: number;
        trained: number;
      };
      max_sequence_length: number;
      truncated_rows: number;
      truncated_tokens: number;
      untrained_rows: number;
      duplicate_rows: number;
      rows_in_training: number | null;
    };
    validation: {
      rows: number;
      tokenised_rows: number;
      tokens: {
        total: number;
        mean: number;
        p50: number;
        p95: number;
        max: number;
        trained: number;
      };
      max_sequence_length: number;
      truncated_rows: number;
      truncated_tokens: number;
      untrained_rows: number;
      duplicate_rows: number;
      rows_in_training: number | null;
    } | null;
    rewards: {
      rows: number;
      completions_per_row: number;
      not_sampled: string | null;
      mean: number | null;
      variance: number | null;
      zero_variance_share: number | null;
      flagged: number;
    } | null;
  }[];
}
export interface PreflightClass {
  runner_class: string;
  device: "cpu" | "gpu";
  memory_bytes: number;
  needed: {
    weights: number;
    optimizer: number;
    gradients: number;
    activations: number;
    rollouts: number;
    runtime: number;
    total: number;
    micro_batch: {
      rows: number;
      length: number;
    };
  };
  host?: {
    memory_bytes: number;
    needed: {
      process: number;
      model: number;
      rollouts: number;
      checkpoint: number;
      rows: number;
      total: number;
    };
  };
  fits: boolean;
  train_seconds: {
    low: number;
    high: number;
  } | null;
  cost: {
    low: number;
    high: number;
  } | null;
  basis: string;
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
export interface ImportModelRequest {
  name: string;
  files: {
    path: string;
    bytes: number;
    parts: string[];
  }[];
  base?: string;
  storage_dtype?: "original" | "float32" | "bfloat16" | "float16" | "int8";
  check_only?: boolean;
}
export interface ModelAlias {
  object: "model.alias";
  id: string;
  created_at: number;
  model: string;
  moved_at: number;
  fine_tuning_job_id: string | null;
  previous: {
    model: string;
    moved_at: number;
    fine_tuning_job_id: string | null;
  }[];
}
export interface ModelExpiry {
  object: "model.expiry";
  model: string;
  expires_at: number | null;
}
export interface ModelExport {
  object: "model.export";
  id: string;
  created: number;
  model: string;
  format: "hf" | "transformers-js" | "gguf" | "peft";
  dtype: "float32" | "bfloat16" | "float16";
  files: {
    path: string;
    bytes: number;
    sha256: string;
  }[];
  parity: {
    prompts: number;
    tokens: number;
    max_logprob_difference: number;
    bound: number;
    greedy_text_equal: boolean;
    rounding_logprob_difference: number;
    rounding_greedy_text_equal: boolean;
    samples: {
      prompt: string;
      greedy: string;
    }[];
  };
}
export interface ModelImport {
  object: "model.import";
  model: string;
  status: "checked" | "imported";
  model_type: string;
  parameters: number;
  layers: number;
  context_tokens: number;
  vocabulary: number;
  tensors: number;
  weight_bytes: number;
  weight_files: string[];
  dtypes: string[];
  storage_dtype: "original" | "float32" | "bfloat16" | "float16" | "int8";
  has_chat_template: boolean;
  end_tokens: string[];
  ignored: string[];
}
export interface ModelObject {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
  alias_of?: string;
  shutdown_date?: string;
  expires_at?: number;
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
  sample_index?: number;
  results: {
    name: string;
    type?: string;
    score: number;
    passed: boolean;
    sample?: {
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
    } | null;
    sub_scores?: {
      [k: string]: unknown;
    };
    sub_samples?: {
      [k: string]: {
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
    };
    errors?: string[];
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
export interface PreflightReport {
  object: "preflight";
  model: string;
  ready: boolean;
  errors: {
    message: string;
    type: string;
    param: string | null;
    code: string | null;
  }[];
  trained_tokens: {
    low: number;
    high: number;
  };
  classes: PreflightClass[];
  warnings: string[];
  phases: {
    type: "supervised" | "preference" | "reinforcement";
    algorithm: string;
    steps: number;
    trained_tokens: {
      low: number;
      high: number;
    };
    training: {
      file: string;
      filename: string;
      rows: number;
      tokenised_rows: number;
      tokens: {
        total: number;
        mean: number;
        p50: number;
        p95: number;
        max: number;
        trained: number;
      };
      max_sequence_length: number;
      truncated_rows: number;
      truncated_tokens: number;
      untrained_rows: number;
      duplicate_rows: number;
      rows_in_training: number | null;
      problem_count: number;
      problems: {
        line: number;
        path: string;
        code: string;
        message: string;
        example: string;
      }[];
      longest_rows: {
        line: number;
        tokens: number;
      }[];
      truncated_lines: number[];
      untrained_lines: number[];
      duplicates: {
        line: number;
        same_as_line: number;
      }[];
      in_training: {
        line: number;
        same_as_line: number;
      }[];
      preview: {
        line: number;
        tokens: {
          id: number;
          text: string;
          trained: boolean;
          weight: number;
        }[];
        omitted_tokens: number;
      }[];
    };
    validation: {
      file: string;
      filename: string;
      rows: number;
      tokenised_rows: number;
      tokens: {
        total: number;
        mean: number;
        p50: number;
        p95: number;
        max: number;
        trained: number;
      };
      max_sequence_length: number;
      truncated_rows: number;
      truncated_tokens: number;
      untrained_rows: number;
      duplicate_rows: number;
      rows_in_training: number | null;
      problem_count: number;
      problems: {
        line: number;
        path: string;
        code: string;
        message: string;
        example: string;
      }[];
      longest_rows: {
        line: number;
        tokens: number;
      }[];
      truncated_lines: number[];
      untrained_lines: number[];
      duplicates: {
        line: number;
        same_as_line: number;
      }[];
      in_training: {
        line: number;
        same_as_line: number;
      }[];
      preview: {
        line: number;
        tokens: {
          id: number;
          text: string;
          trained: boolean;
          weight: number;
        }[];
        omitted_tokens: number;
      }[];
    } | null;
    rewards: {
      rows: number;
      completions_per_row: number;
      not_sampled: string | null;
      mean: number | null;
      variance: number | null;
      zero_variance_share: number | null;
      flagged: number;
      grader_errors: string[];
      sampled_rows: {
        line: number;
        rewards: (number | null)[];
        mean: number | null;
        variance: number | null;
        completion: string;
      }[];
    } | null;
  }[];
}
export interface PreflightRequest {
  /**
   * Rows that the model answers for the dry run of a grader; 0 leaves sampling out.
   */
  sample_rows?: number;
  /**
   * Completions sampled of each such row.
   */
  completions_per_row?: number;
  /**
   * Queue the job although an estimate speaks against it: rewards without variance, memory, budget. What is wrong with files or graders is refused all the same.
   */
  force?: boolean;
}
export interface RunComparison {
  object: "eval.comparison";
  eval_id: string;
  baseline: {
    run_id: string;
    name: string;
    model: string;
    status: "queued" | "in_progress" | "completed" | "canceled" | "failed";
    unpaired_items: number;
  };
  candidate: {
    run_id: string;
    name: string;
    model: string;
    status: "queued" | "in_progress" | "completed" | "canceled" | "failed";
    unpaired_items: number;
  };
  paired_items: number;
  seed: number;
  resamples: number;
  confidence: number;
  results: {
    testing_criteria: string | null;
    baseline_mean: number;
    candidate_mean: number;
    mean_difference: number;
    interval: {
      low: number;
      high: number;
    };
    p_value: number;
    wins: number;
    losses: number;
    ties: number;
    win_rate: number;
    baseline_pass_rate: number;
    candidate_pass_rate: number;
  }[];
}
export interface SetModelExpiry {
  /**
   * Unix time, still to come.
   */
  expires_at?: number;
  /**
   * From now on.
   */
  expires_in_seconds?: number;
}
export interface StoredChatCompletion {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: {
    index: number;
    finish_reason: "stop" | "length" | "tool_calls";
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
      tool_calls?: {
        id: string;
        type: "function";
        function: {
          name: string;
          arguments: string;
        };
      }[];
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
  metadata: {
    [k: string]: string;
  } | null;
}
export interface TextCompletion {
  id: string;
  object: "text_completion";
  created: number;
  model: string;
  choices: {
    index: number;
    text: string;
    finish_reason: ("stop" | "length") | null;
    logprobs: {
      tokens: string[];
      token_logprobs: (number | null)[];
      top_logprobs: ({
        [k: string]: number;
      } | null)[];
      text_offset: number[];
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
  system_fingerprint?: string;
}
export interface TextCompletionRequest {
  model: string;
  prompt: string | number[] | string[] | number[][];
  max_tokens?: number | null;
  echo?: boolean | null;
  logprobs?: number | null;
  n?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  logit_bias?: {
    [k: string]: number;
  } | null;
  seed?: number | null;
  stop?: (string | string[]) | null;
  stream?: boolean | null;
  stream_options?: {
    include_usage?: boolean;
  } | null;
  user?: string;
}
export interface UploadObject {
  id: string;
  object: "upload";
  bytes: number;
  created_at: number;
  expires_at: number;
  filename: string;
  purpose: "assistants" | "batch" | "fine-tune" | "vision" | "user_data" | "evals";
  status: "pending" | "completed" | "cancelled" | "expired";
  file: FileObject | null;
}
export interface UploadPart {
  id: string;
  object: "upload.part";
  created_at: number;
  upload_id: string;
}
export interface WebhookEndpoint {
  id: string;
  object: "webhook_endpoint";
  created_at: number;
  updated_at: number;
  name: string;
  url: string;
  event_types: (
    | "fine_tuning.job.succeeded"
    | "fine_tuning.job.failed"
    | "fine_tuning.job.cancelled"
    | "eval.run.succeeded"
    | "eval.run.failed"
    | "eval.run.canceled"
    | "webhook_endpoint.disabled"
  )[];
  signing_secret_hint: string | null;
  status: "enabled" | "disabled";
  disabled_reason: string | null;
}
export interface WebhookEndpointWithSecret {
  id: string;
  object: "webhook_endpoint";
  created_at: number;
  updated_at: number;
  name: string;
  url: string;
  event_types: (
    | "fine_tuning.job.succeeded"
    | "fine_tuning.job.failed"
    | "fine_tuning.job.cancelled"
    | "eval.run.succeeded"
    | "eval.run.failed"
    | "eval.run.canceled"
    | "webhook_endpoint.disabled"
  )[];
  signing_secret_hint: string | null;
  status: "enabled" | "disabled";
  disabled_reason: string | null;
  signing_secret: string;
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
  method?: Method;
  pipeline?: (
    | {
        type: "supervised";
        /**
         * Supervised fine-tuning: cross-entropy on the assistant turns
         */
        algorithm?: "sft";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Share of the rows that is left out: those that the model predicts best before the first step (EL2N), so it wants a model that knows something of the task. 0 keeps all.
           */
          prune_fraction?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * Group relative policy optimisation: completions of one prompt are compared with each other
         */
        algorithm?: "grpo";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
        };
      }
    | {
        type: "preference";
        /**
         * Direct preference optimisation: preferred answers are made likelier than the others
         */
        algorithm?: "dpo";
        training_file?: string;
        validation_file?: string | null;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * How much a log-probability over the reference counts as reward; small values let the policy go further.
           */
          beta?: "auto" | number;
          /**
           * Of DPO (sigmoid), IPO, SimPO or ORPO; the last two have no reference.
           */
          loss_type?: "auto" | ("sigmoid" | "ipo" | "simpo" | "orpo");
          /**
           * By how much reward the preferred answer is to lead, in simpo alone (its γ).
           */
          target_margin?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * Proximal policy optimisation: completions are judged by what a value model expected of them
         */
        algorithm: "ppo";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Completions of each prompt in a step; PPO compares with its value model, so one is enough.
           */
          samples_per_prompt?: "auto" | number;
          /**
           * How far the probability ratio of a token may move from 1 before its gradient stops.
           */
          clip_ratio?: "auto" | number;
          /**
           * How far a value may move on one batch and still gain by it; 0 lets it move any distance.
           */
          value_clip?: "auto" | number;
          /**
           * Weight of the error of the value model in the loss.
           */
          value_coefficient?: "auto" | number;
          /**
           * Discount of a reward by token.
           */
          gamma?: "auto" | number;
          /**
           * Between one-step (0) and whole-return (1) estimates of advantages.
           */
          gae_lambda?: "auto" | number;
          /**
           * What every token pays for having become likelier than under the reference, per nat, as part of its reward; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Centre the advantages of a batch and divide them by their standard deviation.
           */
          whiten_advantages?: "auto" | boolean;
          /**
           * Optimiser steps on each batch of completions.
           */
          epochs_per_batch?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * Reinforced fine-tuning: PPO on the questions of the warm-up, with a small reward for answers that can be read
         */
        algorithm: "reft-ppo";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Completions of each prompt in a step; PPO compares with its value model, so one is enough.
           */
          samples_per_prompt?: "auto" | number;
          /**
           * How far the probability ratio of a token may move from 1 before its gradient stops.
           */
          clip_ratio?: "auto" | number;
          /**
           * How far a value may move on one batch and still gain by it; 0 lets it move any distance.
           */
          value_clip?: "auto" | number;
          /**
           * Weight of the error of the value model in the loss.
           */
          value_coefficient?: "auto" | number;
          /**
           * Discount of a reward by token.
           */
          gamma?: "auto" | number;
          /**
           * Between one-step (0) and whole-return (1) estimates of advantages.
           */
          gae_lambda?: "auto" | number;
          /**
           * What every token pays for having become likelier than under the reference, per nat, as part of its reward; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Centre the advantages of a batch and divide them by their standard deviation.
           */
          whiten_advantages?: "auto" | boolean;
          /**
           * Optimiser steps on each batch of completions.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * What an incorrect answer earns that could at least be read.
           */
          partial_reward?: "auto" | number;
          /**
           * What an answer must hold to be read: a number, or any text that ended by itself.
           */
          answer_kind?: "auto" | ("number" | "text");
        };
      }
    | {
        type: "supervised";
        /**
         * Continual pre-training: the learning rate of a trained model is warmed up again for new text
         */
        algorithm: "rewarm-cpt";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * rewarm: rise to the peak again and fall to the floor on a cosine; floor: stay at the floor, as the earlier training ended.
           */
          lr_schedule?: "auto" | ("rewarm" | "floor");
          /**
           * Share of the peak learning rate that the schedule ends at.
           */
          lr_floor_ratio?: "auto" | number;
          /**
           * Every token of a row, as in pre-training, or those of assistant messages alone.
           */
          trained_tokens?: "auto" | ("all" | "assistant");
        };
      }
    | {
        type: "supervised";
        /**
         * Temperature sampling over domains: small ones are drawn more often at first, by size later
         */
        algorithm: "cooldown-sampling";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Key of a row that names its domain; rows without it form one domain of their own.
           */
          domain_key?: "auto" | string;
          /**
           * Of the draws before the cooldown; 1 draws domains by size, large values evenly.
           */
          start_temperature?: "auto" | number;
          /**
           * Of the draws after the cooldown.
           */
          end_temperature?: "auto" | number;
          /**
           * Share of the steps after which the temperature changes.
           */
          cooldown_at?: "auto" | number;
          /**
           * sampling: domains are drawn at the temperature; weighting: by size, and their losses weighed to the same expectation.
           */
          balance?: "auto" | ("sampling" | "weighting");
          /**
           * Rows of each domain whose gradients are measured one by one after every `eval_interval` steps, to tell how much more they vary when weighed; 0 measures nothing.
           */
          variance_rows?: "auto" | number;
        };
      }
    | {
        type: "supervised";
        /**
         * Dual-stage mixed fine-tuning: specialised rows first, then general ones with a few of them
         */
        algorithm: "dmt-composition";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * How the abilities of the rows are arranged into stages.
           */
          strategy?: "auto" | ("dmt" | "multi_task" | "sequential" | "mixed_sequential");
          /**
           * Of dmt: share of the specialised rows that the second stage sees again.
           */
          specialised_fraction?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * Selective self-to-supervised fine-tuning: the model's own right answers in place of the given ones
         */
        algorithm: "s3ft";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Longest answer the model is asked for, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Sampled answers among which a right one is looked for where the greedy answer is not known to be right.
           */
          paraphrase_samples?: "auto" | number;
          /**
           * Of the sampled answers.
           */
          temperature?: "auto" | number;
          /**
           * Rows for which the model has no right answer: train on the given one, or leave them out. Rows of which no answer could be graded are left out either way.
           */
          fallback?: "auto" | ("gold" | "drop");
        };
      }
    | {
        type: "supervised";
        /**
         * Fine-tuning on examples of random combinations of k skills, every combination alike
         */
        algorithm: "instruct-skillmix";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Rows that show exactly so many skills are used; 0 uses the rows that name none.
           */
          skills_per_example?: "auto" | number;
          /**
           * Rows chosen from those, every combination of skills as often as any other where there are enough.
           */
          examples?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * The efficiency stage after long fine-tuning: GRPO that pays right answers for being short
         */
        algorithm: "two-stage-sft-grpo";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference; as published, unlike in grpo, not 0.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * A completion is well formed when it holds this text and ended by itself; empty asks for any text.
           */
          answer_mark?: "auto" | string;
          /**
           * What a well-formed completion earns.
           */
          format_reward?: "auto" | number;
          /**
           * Weight of the cosine: from 1 to 0.1 for right answers by length, from -1 to -0.1 for wrong ones.
           */
          accuracy_weight?: "auto" | number;
          /**
           * Weight of the length among the completions of the same prompt, from 0.5 to -0.5.
           */
          length_weight?: "auto" | number;
          /**
           * Tokens at which the cosine has come to its end. Auto: max_completion_tokens.
           */
          length_limit?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * GRPO at several levels of length, which the prompt names: short, medium and long answers
         */
        algorithm: "tldr-length";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * Key of a row that names its level: short, medium (where it is missing) or long.
           */
          level_key?: "auto" | string;
          /**
           * Share of its reward that a right answer of short_length tokens has lost, in rows of the level short.
           */
          short_weight?: "auto" | number;
          /**
           * Share of its reward that a right answer of medium_length tokens has lost, in rows of the level medium.
           */
          medium_weight?: "auto" | number;
          /**
           * Share of its reward that a right answer of long_length tokens has lost, in rows of the level long.
           */
          long_weight?: "auto" | number;
          /**
           * Tokens of a short answer. Auto: a quarter of max_completion_tokens.
           */
          short_length?: "auto" | number;
          /**
           * Tokens of a medium answer. Auto: half of max_completion_tokens.
           */
          medium_length?: "auto" | number;
          /**
           * Tokens of a long answer. Auto: all of max_completion_tokens.
           */
          long_length?: "auto" | number;
          /**
           * What a wrong answer pays that is longer than its level.
           */
          overlong_penalty?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * GRPO on the rows that the starting policy can answer at all; the others are left out
         */
        algorithm: "rft-no-forget";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * Answers to each row before the first step; rows without a right one are left out.
           */
          filter_rollouts?: "auto" | number;
        };
      }
    | {
        type: "supervised";
        /**
         * Fine-tuning on the rows of each batch that are most useful and least like those before
         */
        algorithm: "uds-batch";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * What rows of a batch are chosen by: utility and diversity (uds), either alone, the highest loss, or at random.
           */
          selection?: "auto" | ("uds" | "utility" | "diversity" | "max_loss" | "random");
          /**
           * Share of the rows of a batch that are trained on.
           */
          keep_fraction?: "auto" | number;
          /**
           * Weight of the distance to what was trained on of late, beside the utility.
           */
          diversity_weight?: "auto" | number;
          /**
           * Rows trained on of late that a candidate is compared with.
           */
          memory_size?: "auto" | number;
          /**
           * Numbers that stand for the positions of a row in that comparison.
           */
          sketch_rows?: "auto" | number;
          /**
           * Numbers that stand for the vocabulary in it.
           */
          sketch_columns?: "auto" | number;
        };
      }
    | {
        type: "supervised";
        /**
         * Intuitive fine-tuning: rows are read partly as the model would have written them, and early mistakes weigh more
         */
        algorithm: "ift";
        training_file?: string;
        validation_file?: string | null;
        advance?: {
          valid_loss_at_most?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Share of every answer token that is read as what the model would have said there; 0 reads the row.
           */
          residual?: "auto" | number;
          /**
           * How the share is taken: of the embedding of every token, or as whole tokens swapped by chance, rising from none to the share over the phase (scheduled sampling).
           */
          residual_mode?: "auto" | ("blend" | "swap");
          /**
           * Decay with which the loss of later tokens counts for the weight of a token; 0 weighs all alike.
           */
          propagation?: "auto" | number;
          /**
           * Whether the weights are differentiated too, as in the code of the authors.
           */
          propagate_gradient?: "auto" | boolean;
        };
      }
    | {
        type: "reinforcement";
        /**
         * One stage of on-policy GRPO that keeps its entropy by the temperature and prunes what is solved
         */
        algorithm: "acereason-synergy";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter): for stages of short answers; off in the longest.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves it as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * Answers to each row before the first step; rows that all of them solve are left out. 0 keeps every row. For late stages.
           */
          filter_rollouts?: "auto" | number;
        };
      }
    | {
        type: "reinforcement";
        /**
         * GRPO on rows from easy to hard, by how often the starting policy solves them
         */
        algorithm: "sari-curriculum";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * Order of the rows in every epoch, by how often the starting policy answers them right.
           */
          curriculum?: "auto" | ("easy_to_hard" | "hard_to_easy" | "shuffled");
          /**
           * Answers to each row before the first step, by which its difficulty is known.
           */
          filter_rollouts?: "auto" | number;
          /**
           * Leave out rows that none of these answers solves.
           */
          drop_unsolved?: "auto" | boolean;
        };
      }
    | {
        type: "reinforcement";
        /**
         * GRPO for yes-or-no decisions with a reward of several parts, and a monitor of who is selected
         */
        algorithm: "ats-reward";
        training_file?: string;
        validation_file?: string | null;
        grader: GraderSpec;
        reference?: "phase_start" | "job_start";
        advance?: {
          valid_reward_at_least?: number;
          no_gain_in?: number;
          min_gain?: number;
        };
        hyperparameters?: {
          /**
           * Passes over the training file.
           */
          n_epochs?: "auto" | number;
          /**
           * Training rows (for RL: prompts) of one step.
           */
          batch_size?: "auto" | number;
          /**
           * Peak learning rate. Auto: a rule in the width of the model.
           */
          learning_rate?: "auto" | number;
          /**
           * Multiplies the learning rate.
           */
          learning_rate_multiplier?: "auto" | number;
          /**
           * Share of the steps in which the learning rate rises linearly.
           */
          warmup_ratio?: "auto" | number;
          /**
           * Decoupled decay of AdamW.
           */
          weight_decay?: "auto" | number;
          /**
           * The gradient is scaled down to this global norm.
           */
          max_grad_norm?: "auto" | number;
          /**
           * Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.
           */
          ema_decay?: "auto" | number;
          /**
           * Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.
           */
          gradient_checkpointing?: "auto" | boolean;
          /**
           * Ends the phase early. Auto: as many steps as the epochs take.
           */
          max_steps?: "auto" | number;
          /**
           * Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.
           */
          max_sequence_length?: "auto" | number;
          /**
           * Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.
           */
          checkpoint_interval?: "auto" | number;
          /**
           * Steps between evaluations on the validation file. Auto: ten in a phase.
           */
          eval_interval?: "auto" | number;
          /**
           * Validation rows of one evaluation.
           */
          eval_rows?: "auto" | number;
          /**
           * Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.
           */
          lora_rank?: "auto" | number;
          /**
           * The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.
           */
          lora_alpha?: "auto" | number;
          /**
           * Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.
           */
          lora_dropout?: "auto" | number;
          /**
           * How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.
           */
          lora_base_dtype?: "auto" | ("float32" | "float16" | "int8");
          /**
           * Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.
           */
          lora_target_modules?: "auto" | string[];
          /**
           * Of sampling; the policy gradient is taken at the same temperature.
           */
          temperature?: "auto" | number;
          /**
           * Longest completion, its stop token included.
           */
          max_completion_tokens?: "auto" | number;
          /**
           * Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.
           */
          repetition_count?: "auto" | number;
          /**
           * Longest repeated pattern that repetition_count looks for, in tokens.
           */
          repetition_max_pattern?: "auto" | number;
          /**
           * Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.
           */
          prefix_key?: "auto" | string;
          /**
           * Segments that a sampled completion goes through in order, such as thinking and answer. Each ends with the text `until` or after `max_tokens`, and the last one ends the completion there; with `force` the text is put behind `max_tokens` that came without it. It is drawn at a `temperature` and `top_p` of its own, and learned from unless `trained` is false. With `forks`, so many completions go on from where the segment ends and are compared with each other. Answers to validation rows are left alone. Empty: one segment.
           */
          answer_segments?:
            | "auto"
            | {
                until?: string;
                max_tokens?: number;
                force?: boolean;
                temperature?: number;
                top_p?: number;
                trained?: boolean;
                forks?: number;
              }[];
          /**
           * Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.
           */
          eval_samples?: "auto" | number;
          /**
           * Multiplies the automatic group size: more exploration for each prompt.
           */
          compute_multiplier?: "auto" | number;
          /**
           * Completions sampled for each prompt.
           */
          group_size?: "auto" | number;
          /**
           * A token is no longer pushed down once its probability ratio is below 1 − clip_low.
           */
          clip_low?: "auto" | number;
          /**
           * A token is no longer pushed up once its probability ratio is above 1 + clip_high.
           */
          clip_high?: "auto" | number;
          /**
           * Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.
           */
          dual_clip?: "auto" | number;
          /**
           * Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.
           */
          entropy_bonus?: "auto" | number;
          /**
           * Weight of the KL penalty towards the reference; unlike in grpo not 0, for a gentle polish.
           */
          kl_beta?: "auto" | number;
          /**
           * Optimiser steps on each batch of completions; 1 is on-policy.
           */
          epochs_per_batch?: "auto" | number;
          /**
           * Divide advantages by the standard deviation of their group; false is Dr. GRPO.
           */
          normalise_std?: "auto" | boolean;
          /**
           * What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.
           */
          advantage_baseline?: "auto" | ("group_mean" | "leave_one_out");
          /**
           * Completions cut at the length limit train nothing (the overlong filter); they still count in their group.
           */
          mask_truncated?: "auto" | boolean;
          /**
           * Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.
           */
          target_entropy?: "auto" | number;
          /**
           * Relative move of the temperature in a step, for each nat the entropy is off its target.
           */
          entropy_gain?: "auto" | number;
          /**
           * Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.
           */
          reward_schedule?:
            | "auto"
            | {
                part?: string;
                steps: number;
              }[];
          /**
           * What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).
           */
          loss_aggregation?: "auto" | ("token" | "sequence" | "constant");
          /**
           * Grade from which on an answer counts as correct.
           */
          pass_grade?: "auto" | number;
          /**
           * An answer, what follows the last #, selects when it begins with this text.
           */
          select_mark?: "auto" | string;
          /**
           * What a right decision earns.
           */
          label_weight?: "auto" | number;
          /**
           * Weight of the part "evidence" of a multi grader.
           */
          evidence_weight?: "auto" | number;
          /**
           * Weight of its part "calibration".
           */
          calibration_weight?: "auto" | number;
          /**
           * Weight of its part "format".
           */
          format_weight?: "auto" | number;
          /**
           * What selecting wrongly costs. Large values teach to select nobody.
           */
          false_select_penalty?: "auto" | number;
          /**
           * A step whose share of selecting answers is below this is taken for a collapse; 0 watches for none.
           */
          collapse_fraction?: "auto" | number;
          /**
           * Such steps in a row that end the phase.
           */
          collapse_steps?: "auto" | number;
        };
      }
  )[];
  hyperparameters?: {
    [k: string]: unknown;
  };
  integrations?: unknown[] | null;
  publish?: {
    alias: string;
    gate?: {
      eval_id: string;
      data_source:
        | {
            type: "completions";
            model?: string | null;
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
                }
              | {
                  type: "stored_completions";
                  model?: string | null;
                  metadata?: {
                    [k: string]: string;
                  } | null;
                  created_after?: number | null;
                  created_before?: number | null;
                  limit?: number | null;
                };
            input_messages?:
              | (
                  | {
                      type: "template";
                      template: {
                        role: "user" | "assistant" | "system" | "developer";
                        type?: "message";
                        content: unknown;
                      }[];
                    }
                  | {
                      type: "item_reference";
                      item_reference: string;
                    }
                )
              | null;
            sampling_params?: {
              temperature?: number | null;
              top_p?: number | null;
              seed?: number | null;
              max_completion_tokens?: number | null;
              reasoning_effort?: unknown;
              response_format?:
                | (
                    | {
                        type: "text";
                      }
                    | {
                        type: "json_object";
                      }
                    | {
                        type: "json_schema";
                        json_schema: {
                          name: string;
                          description?: string;
                          schema?: {
                            [k: string]: unknown;
                          };
                          strict?: boolean | null;
                        };
                      }
                  )
                | null;
              tools?:
                | {
                    type: "function";
                    function: {
                      name: string;
                      description?: string;
                      parameters?: {
                        [k: string]: unknown;
                      };
                      strict?: boolean | null;
                    };
                  }[]
                | null;
            } | null;
          }
        | {
            type: "responses";
            model?: string | null;
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
                }
              | {
                  type: "responses";
                  [k: string]: unknown;
                };
            input_messages?:
              | (
                  | {
                      type: "template";
                      template: {
                        role: "user" | "assistant" | "system" | "developer";
                        type?: "message";
                        content: unknown;
                      }[];
                    }
                  | {
                      type: "item_reference";
                      item_reference: string;
                    }
                )
              | null;
            sampling_params?: {
              temperature?: number | null;
              top_p?: number | null;
              seed?: number | null;
              max_completion_tokens?: number | null;
              reasoning_effort?: unknown;
              text?: {
                format?:
                  | {
                      type: "text";
                    }
                  | {
                      type: "json_object";
                    }
                  | {
                      name: string;
                      description?: string;
                      schema?: {
                        [k: string]: unknown;
                      };
                      strict?: boolean | null;
                      type: "json_schema";
                    };
              } | null;
              tools?: unknown;
            } | null;
          };
      samples_per_item?: number;
      require: {
        testing_criteria?: string | null;
        min_pass_rate?: number;
        min_mean_score?: number;
      }[];
    } | null;
  } | null;
  budget?: {
    max_train_seconds?: number | null;
    max_tokens?: number | null;
    max_cost?: number | null;
  } | null;
  scheduling?: {
    /**
     * Orders the waiting jobs of one project, the highest first; projects share runners evenly.
     */
    priority?: number;
    deadline?: number | null;
  } | null;
  guards?: {
    /**
     * What happens to a run that became worthless: it is paused at its last checkpoint, or only told of.
     */
    action?: "pause" | "warn";
    max_loss_ratio?: number | null;
    max_kl?: number | null;
    max_reference_kl?: number | null;
    zero_signal_steps?: number | null;
    min_entropy?: number | null;
    max_reward_gap?: number | null;
    max_logprob_mismatch?: number | null;
    max_grader_error_rate?: number | null;
    first_step_seconds?: number | null;
  } | null;
  preflight?: PreflightRequest | null;
  retention?: {
    /**
     * Checkpoints of each phase to keep, best by the validation metric, beside the last one of each phase.
     */
    keep_best?: number;
    checkpoint_ttl_seconds?: number | null;
  } | null;
}
export interface CreateWebhookEndpoint {
  name: string;
  url: string;
  event_types: (
    | "fine_tuning.job.succeeded"
    | "fine_tuning.job.failed"
    | "fine_tuning.job.cancelled"
    | "eval.run.succeeded"
    | "eval.run.failed"
    | "eval.run.canceled"
    | "webhook_endpoint.disabled"
  )[];
}
export interface UpdateWebhookEndpoint {
  name?: string;
  url?: string;
  event_types?: (
    | "fine_tuning.job.succeeded"
    | "fine_tuning.job.failed"
    | "fine_tuning.job.cancelled"
    | "eval.run.succeeded"
    | "eval.run.failed"
    | "eval.run.canceled"
    | "webhook_endpoint.disabled"
  )[];
  status?: "enabled" | "disabled";
}
