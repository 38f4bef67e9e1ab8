import { describe, expect, it } from 'vitest';
import { itemProblem, itemSchemaProblem } from '../../evaluation/item-schema.js';
import { ItemShape } from './item-shape.js';

function schemaOf(...rows: Record<string, unknown>[]): Record<string, unknown> {
  const shape = new ItemShape();
  for (const row of rows) shape.add(row);
  return shape.schema();
}

describe('the shape of items', () => {
  it('names every key with its types, and requires those of every row', () => {
    expect(schemaOf({ word: 'cat', at: 1 }, { word: 'dog', at: null, more: { x: [] } })).toEqual({
      type: 'object',
      properties: { word: { type: 'string' }, at: { type: ['null', 'number'] }, more: { type: 'object' } },
      required: ['word', 'at'],
    });
  });

  it('is a schema that items can be checked with, whatever their keys are called', () => {
    const row = JSON.parse('{"type":1,"$ref":"x","required":[true],"__proto__":{"a":1},"constructor":false}');
    const schema = schemaOf(row);
    expect(itemSchemaProblem(schema, 'item_schema')).toBeUndefined();
    expect(itemProblem(schema, row)).toBeUndefined();
    expect(itemProblem(schema, { ...row, type: 'one' })).toBeDefined();
    expect(itemProblem(schema, { type: 1 })).toBeDefined();
    expect(schema).not.toHaveProperty('properties.a');
  });

  it('tells of so many keys and no more', () => {
    const row = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index]));
    const { properties, required } = schemaOf(row, { ['k'.repeat(200)]: 1 }) as Record<string, object>;
    expect(Object.keys(properties ?? {})).toHaveLength(256);
    expect(required).toEqual([]);
  });
});
