// What answers have to look like, derived from the SDK's own model classes: the names of the fields
// as they stand on the wire, and their types. Nothing here was recorded from our answers.
//
// The SDK turns what it receives into what its models say, so that a text where a number belongs
// would go unseen through it. Answers are therefore compared as they came over the wire.
'use strict';
const { models } = require('./sdk_client.js');

/// {Field: shape}, where a shape is 'string', 'number', 'boolean', {list: shape} or {fields: …}.
function shapeOf(type) {
  if (typeof type === 'string') return type;
  if (typeof type === 'object' && type.type === 'array') return { list: shapeOf(type.itemType) };
  if (typeof type === 'object' && type.type === 'map') return 'map';
  return { fields: fieldsOf(type) };
}

function fieldsOf(model) {
  const names = model.names();
  const types = model.types();
  return Object.fromEntries(
    Object.keys(names).map((property) => [names[property], shapeOf(types[property])]));
}

const requestFields = (action) => fieldsOf(models[`${action}Request`]);
const answerFields = (action) => fieldsOf(models[`${action}ResponseBody`]);

/// Sentences about what is not as it should be: fields that are missing or of another type. Fields
/// that the SDK does not know are ours to add; `absent` are those that may be missing here.
function differences(fields, body, where, absent) {
  const found = [];
  for (const [name, shape] of Object.entries(fields)) {
    const place = `${where}.${name}`;
    if (!(name in body)) {
      if (!absent.has(place)) found.push(`${place} is missing`);
      continue;
    }
    found.push(...differencesOf(shape, body[name], place, absent));
  }
  return found;
}

function differencesOf(shape, value, place, absent) {
  if (typeof shape === 'string') {
    if (shape === 'map' || typeof value === shape) return [];
    return [`${place} is ${JSON.stringify(value)}, not a ${shape}`];
  }
  if (shape.fields) {
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return [`${place} is no object`];
    return differences(shape.fields, value, place, absent);
  }
  if (!Array.isArray(value)) return [`${place} is no list`];
  return value.flatMap((row) => differencesOf(shape.list, row, `${place}[]`, absent));
}

module.exports = { answerFields, differences, requestFields };
