import QRCode from 'qrcode';

/** A text as a picture to scan: an SVG image that can be copied (MFA-2), as a `data:` address. */
export async function qrCode(text: string): Promise<string> {
  const svg = await QRCode.toString(text, { type: 'svg', margin: 2 });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
