import type { Fields } from './face.js';

/** IS_COMPONENTS_V2. */
export const V2 = 32768;

export const row = (...components: readonly Fields[]): Fields => ({ type: 1, components });
export const press = (more: Fields = {}): Fields => ({
  type: 2,
  style: 1,
  label: 'Go',
  custom_id: 'go',
  ...more,
});
export const link = (more: Fields = {}): Fields => ({
  type: 2,
  style: 5,
  label: 'Open',
  url: 'https://acme.example',
  ...more,
});
export const text = (content: string): Fields => ({ type: 10, content });
