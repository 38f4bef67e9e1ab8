/** What can go wrong between text and tokens, with a code for programs and a message for the person who sent the text. */
export type TokenizerErrorCode =
  | 'invalid_tokenizer'
  | 'unknown_token_id'
  | 'no_chat_template'
  | 'template_failed'
  | 'template_not_incremental'
  | 'unknown_role'
  | 'invalid_message'
  | 'tools_not_supported'
  | 'control_token_in_content';

export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
  readonly code: TokenizerErrorCode;

  constructor(code: TokenizerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
