import { TYPES } from '../checks/components.js';
import type { Fields, ShownInput, ShownModal } from '../face.js';
import { isFields } from '../form.js';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The input of a line, and what it is called: by its Label, or in the older form by itself. */
function inputOf(line: Fields): { readonly input: Fields; readonly label: Fields } | undefined {
  if (line.type === TYPES.label && isFields(line.component)) return { input: line.component, label: line };
  const [first] = Array.isArray(line.components) ? line.components : [];
  return isFields(first) ? { input: first, label: first } : undefined;
}

function shownInput(line: Fields): readonly ShownInput[] {
  const found = inputOf(line);
  if (found === undefined) return [];
  const { input, label } = found;
  const description = text(label.description);
  const placeholder = text(input.placeholder);
  const value = text(input.value);
  return [
    {
      customId: String(input.custom_id),
      label: text(label.label) ?? '',
      ...(description === undefined ? {} : { description }),
      style: input.style === 2 ? 'paragraph' : 'short',
      required: input.required !== false,
      ...(placeholder === undefined ? {} : { placeholder }),
      ...(value === undefined ? {} : { value }),
    },
  ];
}

export function shownModal(modal: Fields, components: readonly Fields[], interactionId: string): ShownModal {
  return {
    title: String(modal.title),
    customId: String(modal.custom_id),
    inputs: components.flatMap(shownInput),
    texts: components.filter(({ type }) => type === TYPES.text).map(({ content }) => String(content)),
    interactionId,
  };
}

/** The text for one input, as the client lets it be typed. */
function typed(input: Fields, label: Fields, values: Readonly<Record<string, string>>): string {
  const value = values[String(input.custom_id)] ?? values[String(label.label)] ?? text(input.value) ?? '';
  const least = typeof input.min_length === 'number' ? input.min_length : 0;
  const most = typeof input.max_length === 'number' ? input.max_length : 4000;
  const { length } = [...value];
  if (length === 0 && input.required !== false)
    throw new Error(`the client wants something in "${label.label}"`);
  if (length > 0 && (length < least || length > most))
    throw new Error(`the client wants ${least} to ${most} characters in "${label.label}"`);
  if (input.style !== 2 && value.includes('\n')) throw new Error(`"${label.label}" is one line`);
  return value;
}

/** `data.components` of the submission. */
export function submission(
  components: readonly Fields[],
  values: Readonly<Record<string, string>>,
): readonly Fields[] {
  const names = components.flatMap((line) => {
    const found = inputOf(line);
    return found === undefined ? [] : [String(found.input.custom_id), String(found.label.label)];
  });
  const stray = Object.keys(values).find((name) => !names.includes(name));
  if (stray !== undefined) throw new Error(`the modal has no input "${stray}", only: ${names.join(', ')}`);
  return components.map((line) => {
    const found = inputOf(line);
    if (found === undefined) return { type: line.type, id: line.id };
    const { input, label } = found;
    const { type, id, custom_id } = input;
    const filled = { type, id, custom_id, value: typed(input, label, values) };
    const around = { type: line.type, id: line.id };
    return line.type === TYPES.label ? { ...around, component: filled } : { ...around, components: [filled] };
  });
}
