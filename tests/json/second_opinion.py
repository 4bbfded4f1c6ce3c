#!/usr/bin/env -S python3 -B
"""The strict check against Python's json: what one takes, the other takes, too. Prints TAP.

Texts are grown by chance from JSON and then damaged by chance, always the same ones (SEED, TEXTS).
Python is made strict: no NaN, UTF-8 and not what it also takes for it, no half of a surrogate pair.
"""

import json
import os
import random
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JUDGE = os.path.join(os.environ.get('BUILD', os.path.join(TOP, 'build')), 'tests/json/judge')
TEXTS = int(os.environ.get('TEXTS', '60000'))
SEED = int(os.environ.get('SEED', '1'))

STRINGS = [b'', b'a', b'id', b'\xc3\xa9', b'\xe2\x82\xac', b'\xf0\x9f\x98\x80', b'\\n', b'\\"',
           b'\\\\', b'\\/', b'\\u0000', b'\\u00e9', b'\\ud83d\\ude00', b'\\uD83D\\uDE00', b'\x7f',
           b'\xe2\x80\xa8', b'\xef\xbb\xbf', b'\xf4\x8f\xbf\xbf', b'a' * 70]
NUMBERS = [b'0', b'-0', b'1', b'-12', b'0.5', b'1e5', b'1E-7', b'-0.0e+00', b'9007199254740993',
           b'1' * 5000, b'1e999']
BLANKS = [b'', b'', b'', b' ', b'\n', b'\r\n', b'\t ']
# What damage is made of.
PIECES = [b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'0', b'-', b'.', b'e', b'+', b' ',
          b'\x00', b'\x1f', b'\x0b', b'\x0c', b'\x85', b'\xa0', b'\xc2\xa0', b'\xc0\x80', b'\xc1\xbf',
          b'\xed\xa0\x80', b'\xed\xbf\xbf', b'\xf4\x90\x80\x80', b'\xf8', b'\xff', b'\x80',
          b'\xe0\x80\x80', b'\xf0\x80\x80\x80', b'\xef\xbb\xbf', b'\\u', b'\\ud800', b'\\udc00',
          b'\\udc00\\ud800', b'\\x41', b'\\u00g0', b'\\U0041', b'NaN', b'Infinity', b'-Infinity',
          b'nul', b'TRUE', b"'", b'//', b'/**/', b'01', b'1.', b'.5', b'1e', b'+1', b'0x10', b'1_0',
          b'\\\n', b'\xe2\x80\xa8']


def strict(text):
    """Whether Python takes it."""
    def no_constant(word):
        raise ValueError(word)
    try:
        tree = json.loads(text.decode('utf-8'), parse_constant=no_constant, parse_int=str,
                          parse_float=str)
        json.dumps(tree, ensure_ascii=False).encode('utf-8')
    except (ValueError, RecursionError):
        return False
    return True


def grow(chance, depth):
    kind = chance.randrange(10 if depth else 6)
    blank = lambda: chance.choice(BLANKS)
    if kind < 3:
        return b'"' + b''.join(chance.choices(STRINGS, k=chance.randrange(4))) + b'"'
    if kind < 5:
        return chance.choice(NUMBERS)
    if kind == 5:
        return chance.choice([b'true', b'false', b'null'])
    below = [grow(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind < 8:
        return b'[' + b','.join(blank() + item + blank() for item in below) + blank() + b']'
    return b'{' + b','.join(blank() + b'"' + chance.choice(STRINGS) + b'"' + blank() + b':' +
                            blank() + item + blank() for item in below) + blank() + b'}'


def damage(chance, text):
    place = chance.randrange(len(text) + 1)
    how = chance.randrange(5)
    if how == 0:
        return text[:place] + chance.choice(PIECES) + text[place:]
    if how == 1:
        return text[:place] + chance.choice(PIECES) + text[place + 1:]
    if how == 2:
        return text[:place] + text[place + chance.randrange(1, 4):]
    if how == 3:
        return text[:place] + bytes([chance.randrange(256)]) + text[place + 1:]
    return text[:place]


def main():
    chance = random.Random(SEED)
    texts = [b'', b' ', b'[' * 400 + b']' * 400]
    while len(texts) < TEXTS:
        text = grow(chance, 4)
        texts.append(text)
        for _ in range(4):
            text = damage(chance, text)
            texts.append(text)
    texts = [text for text in texts if len(text) < 100000]
    fed = b''.join(b'%d\n%s' % (len(text), text) for text in texts)
    answers = subprocess.run([JUDGE], input=fed, capture_output=True, check=True).stdout.decode()
    ours = [answer == '1' for answer in answers]
    both = sum(ours)
    differ = [(text, mine) for text, mine in zip(texts, ours) if strict(text) != mine]
    for text, mine in differ[:10]:
        print(f'# {"only we take" if mine else "only Python takes"} {text[:200]!r}')
    good = len(ours) == len(texts) and not differ and 0 < both < len(texts)
    print(f'{"" if good else "not "}ok 1 - {len(texts)} texts, {both} of them JSON, as Python says')
    print('1..1')
    return not good


if __name__ == '__main__':
    sys.exit(main())
