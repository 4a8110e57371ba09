import { describe, expect, it } from '@jest/globals';
import { parseSeedOptions } from './seed-options.ts';

const parse = (line: string) => parseSeedOptions(line.split(' '));

describe('the options of npm run seed', () => {
  it('are a count and a file, a day of token life and no points unless said', () => {
    expect(parse('members --count 10000 --out m.jsonl')).toEqual({
      count: 10_000,
      out: 'm.jsonl',
      force: false,
      points: 0,
      tokenLifeSeconds: 86_400,
    });
    expect(parse('members --count 1 --out m.jsonl --points 5000 --token-life 600')).toMatchObject({ points: 5000, tokenLifeSeconds: 600 });
  });

  it('say whether a file is written over', () => {
    expect(parse('members --count 1 --out m.jsonl --force')).toMatchObject({ force: true });
  });

  it('name a gateway by its origin', () => {
    expect(parse('members --count 1 --out m.jsonl --url http://shop.example:8080/api/v1')).toMatchObject({
      url: 'http://shop.example:8080',
    });
  });

  it.each([
    ['', /members/],
    ['concerts --count 1 --out m.jsonl', /members/],
    ['members --out m.jsonl', /--count/],
    ['members --count 0 --out m.jsonl', /--count/],
    ['members --count 1.5 --out m.jsonl', /--count/],
    ['members --count 1000001 --out m.jsonl', /--count/],
    ['members --count 5', /--out/],
    ['members --count 5 --out m.jsonl --points -3', /points/],
    ['members --count 5 --out m.jsonl --url shop.example', /--url/],
    ['members --count 5 --out m.jsonl --url http://shop.example --token-life 5', /--token-life/],
    ['members --count 5 --out m.jsonl --colour red', /colour/],
  ])('are refused with the usage when they are %j', (line, complaint) => {
    expect(() => parse(line)).toThrow(complaint);
    expect(() => parse(line)).toThrow(/usage: npm run seed/);
  });
});
