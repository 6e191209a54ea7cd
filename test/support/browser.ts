import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

/** A page as a person without scripts meets it. */
export interface Shown {
  status: number;
  url: string;
  headers: Headers;
  html: string;
  dom: HTMLElement;
  /** The `data-step` of the page, or empty. */
  step: string;
  /** The text of the element with role alert, or empty. */
  alert: string;
}

type Sent = RequestInit & { headers: Record<string, string> };

/** A browser that follows redirects, keeps cookies and submits forms, and stops where the address leaves the server. */
export class Browser {
  readonly jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  readonly origin: string;
  private current: Shown | undefined;
  readonly statuses: number[] = [];

  constructor(origin: string) {
    this.origin = origin;
  }

  get page(): Shown {
    if (!this.current) throw new Error('no page was opened');
    return this.current;
  }

  /** Opens an address. Where redirects lead to another origin, the page is the empty one at that address. */
  open(url: string, headers: Record<string, string> = {}): Promise<Shown> {
    return this.request(new URL(url, this.origin).href, { headers });
  }

  /** Fills the form of the page whose action ends in `action` (the first, unless given) and submits it. */
  submit(fields: Record<string, string> = {}, action = ''): Promise<Shown> {
    const filled = this.filled(fields, action);
    return this.post(filled.url, filled.fields);
  }

  /** Submits a form and stops at its answer. @returns the way to follow where that leads */
  async submitAndHold(fields: Record<string, string> = {}, action = ''): Promise<() => Promise<Shown>> {
    const filled = this.filled(fields, action);
    const next = await this.send(new URL(filled.url, this.page.url).href, this.posted(filled.fields));
    return () => (typeof next === 'string' ? this.request(next, { headers: {} }) : Promise.resolve(next));
  }

  private filled(fields: Record<string, string>, action: string) {
    const forms = this.page.dom.querySelectorAll('form');
    const form = forms.find((f) => (f.getAttribute('action') ?? '').endsWith(action));
    if (!form) throw new Error(`no form ${action} on ${this.page.url} (${this.page.step})`);
    const hidden = form
      .querySelectorAll('input')
      .filter((input) => input.getAttribute('type') !== 'checkbox' || input.hasAttribute('checked'))
      .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']);
    return { url: form.getAttribute('action') ?? '', fields: { ...Object.fromEntries(hidden), ...fields } };
  }

  /** Presses a button that sends its form elsewhere. */
  press(formaction: string): Promise<Shown> {
    const button = this.page.dom.querySelector(`button[formaction$="${formaction}"]`);
    if (!button) throw new Error(`no button ${formaction} on ${this.page.url}`);
    return this.post(button.getAttribute('formaction') ?? '', {});
  }

  post(
    url: string,
    fields: Record<string, string>,
    headers: Record<string, string> = { origin: this.origin },
  ): Promise<Shown> {
    return this.request(new URL(url, this.page.url).href, this.posted(fields, headers));
  }

  private posted(
    fields: Record<string, string>,
    headers: Record<string, string> = { origin: this.origin },
  ): Sent {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(fields).toString();
    return { method: 'POST', body, headers: { ...type, ...headers } };
  }

  cookies(url = this.origin): Promise<string[]> {
    return this.jar.getCookies(url).then((all) => all.map((cookie) => cookie.key).sort());
  }

  private async request(start: string, init: Sent): Promise<Shown> {
    let next = await this.send(start, init);
    for (let hops = 1; typeof next === 'string'; hops++) {
      if (hops === 20) throw new Error('too many redirects');
      next = await this.send(next, { headers: {} });
    }
    return next;
  }

  /** @returns the page, or where the answer leads */
  private async send(url: string, init: Sent): Promise<Shown | string> {
    if (new URL(url).origin !== this.origin) return this.show(url, 0, new Headers(), '');
    const cookie = await this.jar.getCookieString(url);
    const headers = { accept: 'text/html', ...init.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie())
      await this.jar.setCookie(line, url, { ignoreError: true });
    this.statuses.push(response.status);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || !location) {
      return this.show(url, response.status, response.headers, await response.text());
    }
    await response.arrayBuffer();
    return new URL(location, url).href;
  }

  private show(url: string, status: number, headers: Headers, html: string): Shown {
    const dom = parse(html);
    const step = dom.querySelector('main')?.getAttribute('data-step') ?? '';
    const alert = dom.querySelector('[role=alert]')?.text.trim().replace(/\s+/g, ' ') ?? '';
    this.current = { status, url, headers, html, dom, step, alert };
    return this.current;
  }
}
