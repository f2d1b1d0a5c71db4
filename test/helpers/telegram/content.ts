import { parseHtml } from './html-text.js';
import type { Params } from './params.js';
import { cleaned, foundEntities, isBlank } from './plain-text.js';
import { badRequest } from './refusal.js';
import { type MarkupRules, readMarkup } from './reply-markup.js';
import type { Content, Entity } from './shapes.js';

const MAX_TEXT = 4096;

interface Formatted {
  readonly text: string;
  readonly entities: readonly Entity[];
}

function givenEntities(params: Params, text: string): readonly Entity[] {
  return (params.objects('entities') ?? []).map((entity) => {
    const [offset, length] = [entity.requiredInteger('offset'), entity.requiredInteger('length')];
    if (offset < 0 || length <= 0 || offset + length > text.length)
      throw badRequest("can't parse entities: entity is out of the text");
    const url = entity.text('url');
    return { type: entity.requiredText('type'), offset, length, ...(url === undefined ? {} : { url }) };
  });
}

function formatted(params: Params, given: string): Formatted {
  const mode = params.text('parse_mode')?.toLowerCase() ?? '';
  if (mode === 'html') return parseHtml(cleaned(given));
  if (mode !== '') throw badRequest('unsupported parse_mode');
  const text = cleaned(given);
  return { text, entities: givenEntities(params, text) };
}

/** White space at both ends goes, and entities with it. */
function trimmed({ text, entities }: Formatted): Formatted {
  const start = text.length - text.trimStart().length;
  const kept = text.trim();
  const within = (place: number): number => Math.min(Math.max(place - start, 0), kept.length);
  return {
    text: kept,
    entities: entities
      .map((entity) => {
        const offset = within(entity.offset);
        return { ...entity, offset, length: within(entity.offset + entity.length) - offset };
      })
      .filter(({ length }) => length > 0),
  };
}

function previewsLinks(params: Params, entities: readonly Entity[]): boolean {
  const off =
    params.object('link_preview_options')?.flag('is_disabled') || params.flag('disable_web_page_preview');
  return !off && entities.some(({ type }) => type === 'url' || type === 'text_link');
}

/** What a call's `text`, `parse_mode`, `entities`, `link_preview_options` and `reply_markup` make, or the platform's no. */
export function readContent(params: Params, rules: MarkupRules): Content {
  const given = params.text('text');
  if (given === undefined || given === '') throw badRequest('message text is empty');
  const own = trimmed(formatted(params, given));
  if (isBlank(own.text)) throw badRequest('message text is empty');
  if (own.text.length > MAX_TEXT) throw badRequest('message is too long');
  const entities = [...own.entities, ...foundEntities(own.text, own.entities)];
  const markup = readMarkup(params, rules);
  const preview = params.fields('link_preview_options');
  const isHtml = params.text('parse_mode')?.toLowerCase() === 'html';
  return {
    text: own.text,
    entities,
    linkPreview: previewsLinks(params, entities),
    ...(isHtml ? { html: given } : {}),
    ...(markup === undefined ? {} : { markup }),
    ...(preview === undefined ? {} : { preview }),
  };
}
