import { z } from 'zod';
import { configSchema } from './schema.js';
import { serverBlock } from './server-schema.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const VARIABLE = {
  type: 'string',
  pattern: '\\$\\{',
  description: 'From the environment: "${NAME}".',
} as const;

/** What is no text can come from the environment too: `timeout: "${TIMEOUT}"`. */
function allowVariable(schema: JsonSchema): void {
  const isNumber = schema.type === 'number' || schema.type === 'integer';
  if (!isNumber && schema.type !== 'boolean' && schema.enum === undefined) return;
  const { description, default: fallback, ...own } = schema;
  for (const key of Object.keys(own)) delete schema[key];
  schema.anyOf = [own, VARIABLE];
}

/** A block that has nothing in it is `null` in YAML; the config reads it as empty. */
function allowEmptyBlock(schema: JsonSchema): void {
  if (schema.type === 'object' || schema.type === 'array') schema.type = [schema.type, 'null'] as never;
}

function requireOneKind(schema: JsonSchema): void {
  schema.oneOf = [{ required: ['url'] }, { required: ['command'] }];
}

/** The JSON Schema (2020-12) of the config, for editors: completion, descriptions, and most mistakes while typing. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === serverBlock) requireOneKind(jsonSchema);
      if (zodSchema !== configSchema) allowEmptyBlock(jsonSchema);
      allowVariable(jsonSchema);
    },
  });
}
