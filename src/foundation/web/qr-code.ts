/** A text as a picture to scan: an SVG image that can be copied (MFA-2), as a `data:` address. */
export async function qrCode(text: string): Promise<string> {
  // Loaded when first needed: few requests draw one.
  const { toString: draw } = (await import('qrcode')).default;
  const svg = await draw(text, { type: 'svg', margin: 2 });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
