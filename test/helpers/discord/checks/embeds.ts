import type { Form } from '../form.js';

const TOTAL = 6000;
const characters = (form: Form): number => (typeof form.value === 'string' ? [...form.value].length : 0);

/** Each embed's limits, and the one that all share. */
export function checkEmbeds(embeds: Form): void {
  const list = embeds.items({ max: 10 });
  const total = list.reduce((sum, embed) => sum + checkEmbed(embed), 0);
  if (total > TOTAL)
    embeds.complain('MAX_EMBED_SIZE_EXCEEDED', `Embed size exceeds maximum size of ${TOTAL}`);
}

/** Resolves to the number of characters that count. */
function checkEmbed(embed: Form): number {
  embed.object();
  const [title, description, fields] = [embed.at('title'), embed.at('description'), embed.at('fields')];
  const [footer, author] = [embed.at('footer').at('text'), embed.at('author').at('name')];
  title.text({ max: 256 });
  description.text({ max: 4096 });
  footer.text({ max: 2048 });
  author.text({ max: 256 });
  checkHttpUrl(embed.at('url'));
  embed.at('color').integer({ max: 0xffffff });
  const inFields = fields.items({ max: 25 }).reduce((sum, field) => sum + checkField(field), 0);
  return [title, description, footer, author].reduce((sum, form) => sum + characters(form), inFields);
}

function checkField(field: Form): number {
  const [name, value] = [field.at('name'), field.at('value')];
  if (name.required()) name.text({ min: 1, max: 256 });
  if (value.required()) value.text({ min: 1, max: 1024 });
  return characters(name) + characters(value);
}

function checkHttpUrl(url: Form): void {
  const text = url.text({ max: 2048 });
  if (text !== undefined) checkUrl(url, text, ['http', 'https']);
}

/** Complains as Discord does about a scheme, and about hosts without a dot (`localhost`). */
export function checkUrl(form: Form, text: string, schemes: readonly string[]): void {
  const [scheme = ''] = text.split(':');
  if (!schemes.includes(scheme.toLowerCase())) {
    const all = schemes.map((one) => `'${one}'`).join(', ');
    form.complain(
      'URL_TYPE_INVALID_SCHEME',
      `Scheme "${scheme}" is not supported. Scheme must be one of (${all}).`,
    );
    return;
  }
  const parsed = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined;
  const whole = parsed !== undefined && (scheme === 'discord' || /[.:]/.test(parsed.hostname));
  if (!whole) form.complain('URL_TYPE_INVALID_URL', 'Not a well formed URL.');
}
