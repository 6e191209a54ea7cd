/** A User-Agent text as people know their browsers: `Firefox on Windows`. It is a claim, and only shown. */
export async function browserName(userAgent: string): Promise<string> {
  if (userAgent.trim() === '') return '';
  // Loaded when first needed: few pages name a browser.
  const { default: bowser } = await import('bowser');
  const { browser, os } = bowser.parse(userAgent);
  const known = [browser.name, os.name].filter(Boolean);
  return known.length > 0 ? known.join(' on ') : userAgent.slice(0, 60);
}
