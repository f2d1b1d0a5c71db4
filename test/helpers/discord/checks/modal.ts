import type { Form } from '../form.js';
import { checkCustomId } from './buttons.js';
import { TYPES } from './components.js';

const IN_LABEL: readonly number[] = [3, 4, 5, 6, 7, 8, 19, 21, 22, 23];

export function checkModal(modal: Form): void {
  const [id, title, components] = [modal.at('custom_id'), modal.at('title'), modal.at('components')];
  if (id.required()) id.text({ min: 1, max: 100 });
  if (title.required()) title.text({ min: 1, max: 45 });
  const seen = new Set<string>();
  if (components.required()) for (const one of components.items({ min: 1, max: 5 })) checkLine(one, seen);
}

/** A label around an input, a text, or (the older form) a row around a text input. */
function checkLine(line: Form, seen: Set<string>): void {
  switch (line.at('type').value) {
    case TYPES.label:
      checkLabel(line, seen);
      return;
    case TYPES.text:
      if (line.at('content').required()) line.at('content').text({ min: 1, max: 4000 });
      return;
    case TYPES.row:
      for (const input of line.at('components').items({ min: 1, max: 1 })) checkOlderInput(input, seen);
      return;
    default:
      line.at('type').oneOf([TYPES.row, TYPES.text, TYPES.label]);
  }
}

function checkLabel(label: Form, seen: Set<string>): void {
  if (label.at('label').required()) label.at('label').text({ min: 1, max: 45 });
  label.at('description').text({ max: 100 });
  const component = label.at('component');
  if (!component.required()) return;
  const type = component.at('type');
  type.oneOf(IN_LABEL);
  if (component.at('disabled').value === true)
    component.complain('COMPONENT_DISABLED_IN_MODAL', 'Modals can not have disabled components');
  // Discord wants the label on the Label alone: a null there is refused too (bwmarrin/discordgo#1674).
  if (type.value === TYPES.textInput && component.at('label').value !== undefined)
    component.at('label').complain('BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 45 in length.');
  if (type.value === TYPES.textInput) checkTextInput(component, seen);
  else checkCustomId(component, seen);
}

function checkOlderInput(input: Form, seen: Set<string>): void {
  input.at('type').oneOf([TYPES.textInput]);
  if (input.at('label').required()) input.at('label').text({ min: 1, max: 45 });
  checkTextInput(input, seen);
}

function checkTextInput(input: Form, seen: Set<string>): void {
  checkCustomId(input, seen);
  if (input.at('style').required()) input.at('style').oneOf([1, 2]);
  const min = input.at('min_length').integer({ max: 4000 }) ?? 0;
  const max = input.at('max_length').integer({ min: 1, max: 4000 }) ?? 4000;
  if (min > max)
    input.at('min_length').complain('TEXT_INPUT_MIN_GREATER_THAN_MAX', 'min_length is over max_length');
  input.at('required').flag();
  input.at('value').text({ max });
  input.at('placeholder').text({ max: 100 });
}
