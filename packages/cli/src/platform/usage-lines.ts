/** How to use a platform that runs on this machine, ready to paste. */

export function usageLines(baseURL: string, apiKey: string, model = 'preheat-1m'): string {
  return `  base URL  ${baseURL}
  API key   ${apiKey}
  dashboard ${new URL('/dashboard/', baseURL).href}

From a shell:
  export PREHEAT_BASE_URL=${baseURL} PREHEAT_API_KEY=${apiKey}
  npx preheat models
  npx preheat chat '${model}' cat
  curl ${baseURL}/models -H 'Authorization: Bearer ${apiKey}'

With the OpenAI SDK:
  import OpenAI from 'openai';
  const client = new OpenAI({ baseURL: '${baseURL}', apiKey: '${apiKey}' });
  const messages = [{ role: 'user', content: 'cat' }];
  const { choices } = await client.chat.completions.create({ model: '${model}', messages });
  console.log(choices[0].message.content);

Ctrl-C stops it.`;
}
