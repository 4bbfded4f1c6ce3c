"""Seeds of the fuzz targets, from the fixtures.  seeds.py TARGET FOLDER"""

import gzip
import io
import json
import os
import sys
import zipfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
FIXTURES = os.path.join(TOP, 'fixtures')
EXAMPLE = os.path.join(TOP, 'converter/examples/profile.json')
LARGEST = 16384
NO_CHOICE = b'\xff' * 8

# As in fuzz_convert.c.
NAMES = ['schools.json', 'students.json', 'teachers.json', 'sections.json', 'users.json',
         'courses.json', 'terms.json', 'export.json', 'schools.csv', 'students.csv',
         'teachers.csv', 'sections.csv', 'enrollments.csv', 'export.zip', 'export.json.gz',
         'events.json']


def inputs():
    """The small files of each fixture, by name."""
    for case in sorted(os.listdir(FIXTURES)):
        files = {}
        for path, _, names in os.walk(os.path.join(FIXTURES, case, 'input')):
            for name in sorted(names):
                full = os.path.join(path, name)
                if os.path.isfile(full) and os.path.getsize(full) <= LARGEST:
                    with open(full, 'rb') as file:
                        files[name] = file.read()
        if files:
            yield case, files


def single(suffix):
    for case, files in inputs():
        for name, what in files.items():
            if name.endswith(suffix):
                yield f'{case}-{name}', what


def records():
    for name, what in single('.json'):
        for number, line in enumerate(what.splitlines()[:4]):
            yield f'{name}-{number}', line.strip().rstrip(b',')


def packed():
    for case, files in list(inputs())[::6]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as out:
            for name, what in files.items():
                out.writestr(zipfile.ZipInfo(name), what, zipfile.ZIP_DEFLATED)
        yield f'{case}.zip', archive.getvalue()
        yield f'{case}.gz', gzip.compress(next(iter(files.values())), mtime=0)


def exports():
    for case, files in inputs():
        text = NO_CHOICE
        for name, what in files.items():
            place = NAMES.index(name) if name in NAMES else NAMES.index('export.json')
            text += bytes([place]) + what + b'\x1e'
        if len(text) <= LARGEST:
            yield case, text


def profiles():
    """The example, and every option of the fixtures as a profile of its own."""
    with open(EXAMPLE, 'rb') as file:
        yield 'example', file.read()
    for case in sorted(os.listdir(FIXTURES)):
        with open(os.path.join(FIXTURES, case, 'args'), encoding='utf-8', errors='replace') as file:
            words = file.read().replace('=', '\n').splitlines()
        settings = {word[2:]: value if value[:1] != '-' else True
                    for word, value in zip(words, words[1:] + ['-']) if word[:2] == '--'}
        if settings:
            yield case, json.dumps(settings).encode()



SEEDS = {'json_framer': lambda: single('.json'), 'json_record': records,
         'csv': lambda: single('.csv'), 'source': packed, 'profile': profiles,
         'convert': exports}


def main():
    target, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for name, what in SEEDS[target]():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(what)


main()
