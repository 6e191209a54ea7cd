import { readFileSync } from 'node:fs';
import i18next from 'i18next';

/** Says a sentence of the language file. @throws Error for one that is not there: a mistake of ours */
export type Say = (key: string, values?: Record<string, unknown>) => string;

/** The language of the language file, and of the times that people read. */
export const LANGUAGE = 'en-GB';

const LOCALES = new URL('../../../views/locales/', import.meta.url);

/** Reads the language file: the sentences of pages and mails. */
export function createLanguage(): Say {
  const english: unknown = JSON.parse(readFileSync(new URL('en.json', LOCALES), 'utf8'));
  const language = i18next.createInstance();
  void language.init({
    lng: 'en',
    initAsync: false,
    resources: { en: { translation: english as Record<string, string> } },
    // Values are escaped where they are written into the page; a missing sentence is a mistake of ours.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  return (key, values = {}) => {
    const text = language.t(key, values);
    if (text === key) throw new Error(`no sentence for ${key}`);
    return text;
  };
}
