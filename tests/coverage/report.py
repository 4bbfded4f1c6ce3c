#!/usr/bin/env python3
"""Prints which share of the lines and branches of converter/ and formats/ the tests came by, file by
file, and the lines that they did not. Fails when a share is too small, or when there are such lines in
a function that uncovered.txt gives no reason for.

  report.py BUILD

Counted as gcov counts in a program built without optimisation: a line is one with code in it; a
branch is each way out of a condition, where `a && b` are two conditions of two ways each, and each
way through a switch. Nothing is left out.
"""
import collections
import json
import os
import subprocess
import sys

LINES = 95
BRANCHES = 85
REASONS = os.path.join(os.path.dirname(__file__), 'uncovered.txt')

Count = collections.namedtuple('Count', 'lines run branches taken')


def counts(build):
    """gcovr's findings, file by file."""
    subprocess.run(['gcovr', '--root', '.', '--object-directory', build, '--filter', 'converter/',
                    '--filter', 'formats/', '--json', f'{build}/report.json',
                    '--html-details', f'{build}/report.html', build], check=True)
    with open(f'{build}/report.json', encoding='utf-8') as file:
        return json.load(file)['files']


def reasons():
    """The reason for each (file, function): a line of its own, above lines that begin with blanks."""
    found = {}
    reason = None
    with open(REASONS, encoding='utf-8') as file:
        for line in file:
            if line[0] == ' ':
                name, *functions = line.split()
                found.update({(name, function): reason for function in functions})
            elif line.strip() and line[0] != '#':
                reason = line.strip()
    return found


def code_of(file):
    return [line for line in file['lines'] if not line.get('gcovr/noncode')]


def count(lines):
    ways = [way for line in lines for way in line['branches']]
    return Count(len(lines), sum(line['count'] > 0 for line in lines),
                 len(ways), sum(way['count'] > 0 for way in ways))


def function_of(file, number):
    """The last one that begins before a line."""
    before = [(function['lineno'], function['name']) for function in file['functions']
              if function['lineno'] <= number]
    return max(before, default=(0, '-'))[1]


def uncovered(file):
    """The lines without a count, by (file, function)."""
    found = collections.defaultdict(list)
    for line in code_of(file):
        if line['count'] == 0:
            number = line['line_number']
            found[file['file'], function_of(file, number)].append(number)
    return found


def share(part, whole):
    return 100 * part / whole if whole else 100


def show(name, counted):
    print(f'{name:<30} {counted.lines:6} {counted.run:6} {share(counted.run, counted.lines):6.1f} % '
          f'{counted.branches:6} {counted.taken:6} {share(counted.taken, counted.branches):6.1f} %')


def explain(missed, known):
    """Says which lines are not covered, and why; whether there is a reason for all."""
    good = True
    for place, lines in sorted(missed.items()):
        reason = known.get(place)
        good = good and reason is not None
        print(f"{place[0]}:{','.join(map(str, lines))}: {place[1]}: {reason or 'NOT EXPLAINED'}")
    for place in sorted(known.keys() - missed.keys()):
        print(f'{REASONS}: {place[0]} {place[1]} is covered, or not there any more')
    return good


def main():
    build = sys.argv[1]
    files = counts(build)
    print(f"{'':30} {'lines':>6} {'run':>6} {'':8} {'ways':>6} {'taken':>6}")
    missed = {}
    for file in files:
        show(file['file'], count(code_of(file)))
        missed.update(uncovered(file))
    total = count([line for file in files for line in code_of(file)])
    show('all', total)
    good = explain(missed, reasons())
    if not good:
        print(f'coverage: test these lines, or say in {REASONS} why not')
    if not total.lines or share(total.run, total.lines) < LINES or \
            share(total.taken, total.branches) < BRANCHES:
        print(f'coverage: less than {LINES} % of the lines or {BRANCHES} % of the branches')
        good = False
    print(f'What is not covered: {build}/report.html')
    return not good


if __name__ == '__main__':
    sys.exit(main())
