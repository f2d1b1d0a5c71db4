import type { Form } from '../form.js';
import { checkButton, checkCustomId } from './buttons.js';

export const TYPES = {
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
} as const;

const SELECTS: readonly number[] = [3, 5, 6, 7, 8];
const IN_CONTAINER: readonly number[] = [1, 9, 10, 12, 13, 14];
const MAX_V2 = 40;
const MAX_TEXT = 4000;

/** Rows of buttons or one select each. */
export function checkLegacyComponents(components: Form): void {
  const seen = new Set<string>();
  for (const row of components.items({ max: 5 })) checkKind(row, [TYPES.row], seen);
}

/** What IS_COMPONENTS_V2 (flag 32768) allows. */
export function checkV2Components(components: Form): void {
  const seen = new Set<string>();
  const list = components.items();
  for (const one of list) checkKind(one, [...IN_CONTAINER, TYPES.container], seen);
  const all = list.flatMap(within);
  if (all.length > MAX_V2)
    components.complain(
      'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
      `Total number of components must be ${MAX_V2} or fewer`,
    );
  const text = all.reduce((sum, one) => sum + lengthOf(one), 0);
  if (text > MAX_TEXT)
    components.complain(
      'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
      `Total size of displayable text cannot exceed ${MAX_TEXT} characters`,
    );
}

/** The component and all that are in it. */
function within(component: Form): readonly Form[] {
  const accessory = component.at('accessory');
  const inside = [...component.at('components').items(), ...(accessory.given ? [accessory] : [])];
  return [component, ...inside.flatMap(within)];
}

function lengthOf(component: Form): number {
  const content = component.at('content').value;
  return component.at('type').value === TYPES.text && typeof content === 'string' ? [...content].length : 0;
}

function checkKind(component: Form, allowed: readonly number[], seen: Set<string>): void {
  const type = component.at('type');
  if (!type.required()) return;
  if (typeof type.value !== 'number' || !allowed.includes(type.value)) type.oneOf(allowed);
  else CHECKS.get(type.value)?.(component, seen);
}

type Check = (component: Form, seen: Set<string>) => void;

const CHECKS: ReadonlyMap<number, Check> = new Map<number, Check>([
  [TYPES.row, checkRow],
  [TYPES.button, checkButton],
  [TYPES.section, checkSection],
  [TYPES.text, checkText],
  [TYPES.container, checkContainer],
  [TYPES.separator, (one) => void one.at('spacing').integer({ min: 1, max: 2 })],
  ...SELECTS.map((type): [number, Check] => [type, checkSelect]),
]);

function checkRow(row: Form, seen: Set<string>): void {
  const components = row.at('components');
  if (!components.required()) return;
  const list = components.items({ min: 1, max: 5 });
  for (const one of list) checkKind(one, [TYPES.button, ...SELECTS], seen);
  const selects = list.filter((one) => SELECTS.some((type) => type === one.at('type').value));
  if (selects.length > 0 && list.length > 1)
    components.complain(
      'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
      'The specified component exceeds the maximum width',
    );
}

function checkSelect(select: Form, seen: Set<string>): void {
  checkCustomId(select, seen);
  select.at('placeholder').text({ max: 150 });
  select.at('options').items({ max: 25 });
}

function checkText(text: Form): void {
  const content = text.at('content');
  if (content.required()) content.text({ min: 1, max: MAX_TEXT });
}

function checkSection(section: Form, seen: Set<string>): void {
  const texts = section.at('components');
  if (texts.required()) for (const one of texts.items({ min: 1, max: 3 })) checkKind(one, [TYPES.text], seen);
  const accessory = section.at('accessory');
  if (accessory.required()) checkKind(accessory, [TYPES.button, TYPES.thumbnail], seen);
}

function checkContainer(container: Form, seen: Set<string>): void {
  container.at('accent_color').integer({ max: 0xffffff });
  const components = container.at('components');
  if (components.required())
    for (const one of components.items({ min: 1, max: MAX_V2 })) checkKind(one, IN_CONTAINER, seen);
}
