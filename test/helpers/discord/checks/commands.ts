import type { Form } from '../form.js';

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const SUBCOMMAND = 1;
const GROUP = 2;
const WITH_CHOICES: readonly unknown[] = [3, 4, 10];
/** Names, descriptions and values of a command together (Discord's own figure). */
const MAX_CHARACTERS = 8000;

export function checkCommand(command: Form): void {
  command.object();
  const type = command.at('type');
  if (type.given) type.oneOf([1, 2, 3]);
  if (type.given && type.value !== 1) {
    checkMenuCommand(command);
    return;
  }
  checkName(command.at('name'));
  checkDescription(command.at('description'));
  checkPlaces(command);
  checkOptions(command.at('options'), 0);
  if (charactersIn(command) > MAX_CHARACTERS)
    command.complain('APPLICATION_COMMAND_TOO_LARGE', `Command exceeds maximum size (${MAX_CHARACTERS})`);
}

function checkMenuCommand(command: Form): void {
  if (command.at('name').required()) command.at('name').text({ min: 1, max: 32 });
  command.at('description').text({ max: 0 });
  checkPlaces(command);
}

function checkPlaces(command: Form): void {
  for (const one of command.at('contexts').items()) one.oneOf([0, 1, 2]);
  const { value } = command.at('integration_types');
  for (const one of command.at('integration_types').items()) one.oneOf([0, 1]);
  if (Array.isArray(value) && value.length === 0)
    command.at('integration_types').complain('BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 2 in length.');
}

function checkName(name: Form): void {
  if (!name.required()) return;
  const text = name.text({ min: 1, max: 32 });
  if (text !== undefined && (!NAME.test(text) || text !== text.toLowerCase()))
    name.complain('APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
}

function checkDescription(description: Form): void {
  if (description.required()) description.text({ min: 1, max: 100 });
}

function checkOptions(options: Form, depth: number): void {
  const list = options.items({ max: 25 });
  for (const option of list) checkOption(option, depth);
  const names = list.map((option) => option.at('name').value);
  if (new Set(names).size < names.length)
    options.complain('APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS', 'Option name already exists');
  const nested = list.filter(isNested).length;
  if (nested > 0 && nested < list.length)
    options.complain(
      'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
      'Sub-command and sub-command group option types are mutually exclusive to all other types',
    );
  const optional = list.findIndex((option) => option.at('required').value !== true);
  if (optional >= 0 && list.slice(optional).some((option) => option.at('required').value === true))
    options.complain(
      'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
      'Required options must be placed before non-required options',
    );
}

const isNested = (option: Form): boolean =>
  option.at('type').value === SUBCOMMAND || option.at('type').value === GROUP;

function checkOption(option: Form, depth: number): void {
  const type = option.at('type');
  if (type.required()) type.oneOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  checkName(option.at('name'));
  checkDescription(option.at('description'));
  if (isNested(option)) {
    if (depth >= 2 || (type.value === GROUP && depth > 0))
      type.complain('APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-commands nest two deep at most');
    checkOptions(option.at('options'), depth + 1);
    return;
  }
  checkChoices(option);
  option.at('min_length').integer({ max: 6000 });
  option.at('max_length').integer({ min: 1, max: 6000 });
}

function checkChoices(option: Form): void {
  const [choices, type] = [option.at('choices'), option.at('type').value];
  const list = choices.items({ max: 25 });
  const completed = option.at('autocomplete').flag() === true;
  if (completed && list.length > 0)
    option
      .at('autocomplete')
      .complain('APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES', 'Autocomplete excludes choices');
  if ((completed || list.length > 0) && !WITH_CHOICES.includes(type))
    option
      .at('type')
      .complain('APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'This type has no choices to offer');
  for (const choice of list) checkChoice(choice, type);
}

/** Of a command, and of an autocomplete result. */
export function checkChoice(choice: Form, optionType: unknown): void {
  if (choice.at('name').required()) choice.at('name').text({ min: 1, max: 100 });
  const value = choice.at('value');
  if (!value.required()) return;
  if (optionType === 3) value.text({ min: 1, max: 100 });
  else if (typeof value.value !== 'number')
    value.complain('NUMBER_TYPE_COERCE', `Value "${value.value}" is not a number.`);
}

function charactersIn(form: Form): number {
  const own = ['name', 'description', 'value'].reduce((sum, key) => {
    const { value } = form.at(key);
    return sum + (typeof value === 'string' ? value.length : 0);
  }, 0);
  const inside = ['options', 'choices'].flatMap((key) => form.at(key).items());
  return inside.reduce((sum, one) => sum + charactersIn(one), own);
}
