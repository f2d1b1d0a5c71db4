import { withEmoji } from './emoji.js';

/** What a client makes of a text. */
export interface Rendered {
  readonly text: string;
  readonly links: readonly string[];
  readonly mentions: readonly string[];
  readonly styled: readonly string[];
}

export interface Reading {
  /** The handle of a user id or the name of a channel id. */
  readonly nameOf: (id: string) => string | undefined;
  /** Bare addresses become links. */
  readonly autoLinks: boolean;
  /** `@channel`, `@here` and `@everyone` are meant. */
  readonly linkNames: boolean;
}

export const NOTHING: Rendered = { text: '', links: [], mentions: [], styled: [] };

export const joined = (parts: readonly Rendered[], by = '\n'): Rendered => ({
  text: parts
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join(by),
  links: parts.flatMap(({ links }) => links),
  mentions: parts.flatMap(({ mentions }) => mentions),
  styled: parts.flatMap(({ styled }) => styled),
});

export const decoded = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Where pieces that are done stand in a text that is not. */
const HELD = 0xe000;
const HELD_CHARACTERS = /[\uE000-\uF8FF]/g;
const BOUNDARY = '(^|[\\s\\p{P}\\uE000-\\uF8FF])';
const BARE =
  /\b(?:https?:\/\/|www\.)[^\s<>|\uE000-\uF8FF]+|\b(?:[a-z0-9-]+\.)+(?:com|dev|example|io|net|org)\b(?:\/[^\s<>|\uE000-\uF8FF]*)?/gi;

/** Interprets mrkdwn (docs.slack.dev/messaging/formatting-message-text) as a client does, the careless way. */
export function renderMrkdwn(source: string, reading: Reading): Rendered {
  return new Renderer(reading).render(source);
}

class Renderer {
  readonly #reading: Reading;
  readonly #held: string[] = [];
  readonly #links: string[] = [];
  readonly #mentions: string[] = [];
  readonly #styled: string[] = [];

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  render(source: string): Rendered {
    let text = source.replace(/<([^<>\n]+)>/g, (_, inside: string) => this.#hold(this.#reference(inside)));
    text = text.replace(/```([\s\S]+?)```/g, (_, code: string) => this.#hold(this.#style(code)));
    text = text.replace(/`([^`\n]+)`/g, (_, code: string) => this.#hold(this.#style(code)));
    if (this.#reading.autoLinks) text = this.#linked(text);
    if (this.#reading.linkNames) text = this.#called(text);
    for (const marker of ['*', '_', '~']) text = this.#formatted(text, marker);
    text = text.replace(/^(?:&gt;|>) ?(.*)$/gm, (_, quote: string) => this.#style(quote));
    return {
      text: this.#released(decoded(withEmoji(text))),
      links: this.#links,
      mentions: this.#mentions,
      styled: this.#styled.map((one) => this.#released(decoded(one))),
    };
  }

  #hold(text: string): string {
    this.#held.push(text);
    return String.fromCharCode(HELD + this.#held.length - 1);
  }

  #released(text: string): string {
    return text.replace(HELD_CHARACTERS, (held) => {
      const piece = this.#held[held.charCodeAt(0) - HELD];
      return piece === undefined ? held : this.#released(decoded(piece));
    });
  }

  #style(text: string): string {
    this.#styled.push(text);
    return text;
  }

  /** What stands between `<` and `>`. What Slack does not know it takes for an address. */
  #reference(inside: string): string {
    const [target = '', label] = inside.split('|', 2);
    const name = () => label ?? this.#reading.nameOf(target.slice(1)) ?? target.slice(1);
    if (target.startsWith('@')) return this.#mention(target.slice(1), `@${name()}`);
    if (target.startsWith('#')) return `#${name()}`;
    const special = target.split('^')[0] ?? target;
    if (special === '!date') return label ?? '';
    if (special === '!subteam') return this.#mention(target.split('^')[1] ?? target, label ?? '@group');
    if (target.startsWith('!')) return this.#mention(`@${target.slice(1)}`, `@${target.slice(1)}`);
    this.#links.push(decoded(target));
    return label ?? target.replace(/^mailto:/, '');
  }

  #mention(id: string, shown: string): string {
    this.#mentions.push(id);
    return shown;
  }

  #linked(text: string): string {
    return text.replace(BARE, (address) => {
      const url = address.replace(/[).,;:!?\]'"]+$/, '');
      this.#links.push(decoded(/^https?:/i.test(url) ? url : `http://${url}`));
      return this.#hold(url) + address.slice(url.length);
    });
  }

  #called(text: string): string {
    return text.replace(/(^|[\s\p{P}])@(channel|here|everyone)\b/gu, (all, _, range: string) => {
      this.#mentions.push(`@${range}`);
      return all;
    });
  }

  #formatted(text: string, marker: string): string {
    const pattern = new RegExp(
      `${BOUNDARY}[${marker}](?=\\S)([^${marker}\\n]*?\\S)[${marker}](?=$|[\\s\\p{P}\\uE000-\\uF8FF])`,
      'gu',
    );
    return text.replace(pattern, (_, before: string, inside: string) => before + this.#style(inside));
  }
}
