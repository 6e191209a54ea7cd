import { readFileSync } from 'node:fs';

/** A fenced block of a document. */
export interface CodeBlock {
  /** The nearest heading above it, without its marks. */
  heading: string;
  language: string;
  text: string;
}

/** Every code block of a document, in order. */
export function codeBlocksOf(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  const parts = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm);
  for (const [, title, language = '', text = ''] of parts) {
    if (title) heading = title;
    else blocks.push({ heading, language, text });
  }
  return blocks;
}
