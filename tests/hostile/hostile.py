#!/usr/bin/env -S python3 -B
"""Archives and folders that somebody has made to do harm, and what the program makes of them.

Each case is built here, byte by byte, and converted over an old result. It must be refused with
one line and the old result as it was, or its roster must come out as if it were an honest zip's.
Nothing may be written elsewhere, nothing unprintable said. Prints TAP.
"""

import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'clever2sds')
GENERATE = os.path.join(BUILD, 'tests/generate/generate')
HONEST = os.path.join(TOP, 'fixtures/good-v2.1-envelope/input')

STORED, DEFLATED = 0, 8
DESCRIPTOR, ENCRYPTED, UTF8 = 8, 1, 0x800
UNIX = 3 << 8

INPUT, EMPTY = 3, 5


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Member:
    """A file of a zip. `local`, `central` and `descriptor` say what its headers say instead of
    the truth: crc, packed, size."""

    def __init__(self, name, data, method=DEFLATED, flags=0, mode=0o100644, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data if isinstance(data, bytes) else data.encode()
        self.method = method
        self.flags = flags
        self.mode = mode
        self.lies = lies

    def packed(self):
        return deflate(self.data) if self.method == DEFLATED else self.data

    def numbers(self, which):
        told = {'crc': zlib.crc32(self.data), 'packed': len(self.packed()), 'size': len(self.data)}
        told.update(self.lies.get(which, {}))
        return told['crc'], told['packed'], told['size']

    def local(self):
        crc, packed, size = (0, 0, 0) if self.flags & DESCRIPTOR else self.numbers('local')
        header = struct.pack('<4s5H3I2H', b'PK\3\4', 20, self.flags, self.method, 0, 33,
                             crc, packed & 0xFFFFFFFF, size & 0xFFFFFFFF, len(self.name), 0)
        body = header + self.name + self.packed()
        if self.flags & DESCRIPTOR:
            body += struct.pack('<4s3I', b'PK\7\10', *self.numbers('descriptor'))
        return body

    def entry(self, place):
        crc, packed, size = self.numbers('central')
        extra = self.lies.get('extra', b'')
        return struct.pack('<4s6H3I5H2I', b'PK\1\2', UNIX | 20, 20, self.flags, self.method, 0, 33,
                           crc, packed, size, len(self.name), len(extra), 0, 0, 0,
                           self.mode << 16, self.lies.get('place', place)) + self.name + extra


def end_of(count, size, place, comment=b''):
    return struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, count, count, size, place,
                       len(comment)) + comment


def end64(count, size, place, at):
    record = struct.pack('<4sQ2H2I4Q', b'PK\6\6', 44, 45, 45, 0, 0, count, count, size, place)
    return record + struct.pack('<4sIQI', b'PK\6\7', 0, at, 1)


def make_zip(members, count=None, before=b'', after=b'', zip64=False):
    body, entries = before, []
    for member in members:
        entries.append(member.entry(len(body)))
        body += member.local()
    directory = b''.join(entries)
    number = len(entries) if count is None else count
    body, place = body + directory, len(body)
    if zip64:
        body += end64(number, len(directory), place, len(body))
        return body + end_of(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + after
    return body + end_of(number, len(directory), place) + after


def honest():
    members = []
    for name in sorted(os.listdir(HONEST)):
        with open(os.path.join(HONEST, name), 'rb') as file:
            members.append(Member(name, file.read()))
    return members


def renamed(change):
    """The honest zip with other names."""
    members = honest()
    for member in members:
        member.name = change(member.name)
    return make_zip(members)


def lying(which, **numbers):
    members = honest()
    students = next(member for member in members if member.name == b'students.json')
    for key, change in numbers.items():
        if isinstance(change, int):
            true = dict(zip(('crc', 'packed', 'size'), students.numbers('none')))[key]
            numbers[key] = true + change
    students.lies[which] = numbers
    if which == 'descriptor':
        students.flags |= DESCRIPTOR
    return make_zip(members)


def bomb(total):
    """A run of blanks that unpacks to `total` bytes: one deflated block over and over."""
    piece = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(b'[' + b' ' * (piece - 1)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b' ' * piece) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (total // piece - 1) + packer.flush()


class Raw(Member):
    """A member whose packed bytes are given, and what they are said to become."""

    def __init__(self, name, packed, size, **lies):
        super().__init__(name, b'', **lies)
        self.raw = packed
        self.size = size

    def packed(self):
        return self.raw

    def numbers(self, which):
        return 0, len(self.raw), self.size


def nested_bomb(kernel, size, count):
    """Members that quote each other: the data of each is a stored block with the header of the
    next, then that one's data; the last is the kernel. All of them unpack to nearly all of it."""
    name = 'page{}.json'.format
    headers, length = [], len(kernel)
    for number in reversed(range(count)):
        member = Raw(name(number), b'', size)
        member.numbers = lambda which, packed=length: (0, packed, size)
        member.packed = lambda: b''
        header = member.local()
        headers.append((member, header))
        if number:
            length += 5 + len(header)
    body, entries = b'', []
    for member, header in reversed(headers):
        if entries:
            body += struct.pack('<BHH', 0, len(header), 0xFFFF ^ len(header))
        entries.append(member.entry(len(body)))
        body += header
    body += kernel
    directory = b''.join(entries)
    return body + directory + end_of(count, len(directory), len(body))


def zip64_extra(*numbers):
    return struct.pack('<2H', 1, 8 * len(numbers)) + struct.pack(f'<{len(numbers)}Q', *numbers)


def with_extra(extra, **central):
    members = honest()
    students = next(member for member in members if member.name == b'students.json')
    students.lies.update(extra=extra, central=central)
    return make_zip(members)


def real_zip64(*fields, more=0):
    """The fields' values stand in the extra field; that of the size is `more` too large."""
    members = honest()
    for member in members:
        true = {'size': len(member.data) + more, 'packed': len(member.packed())}
        for header in ('local', 'central'):
            member.lies[header] = {field: 0xFFFFFFFF for field in fields}
        member.lies['extra'] = struct.pack('<2HH', 0x7875, 2, 0) + \
            zip64_extra(*(true[field] for field in fields))
    return make_zip(members, zip64=True)


def overlapping():
    """The same bytes under two names."""
    members = honest()
    twin = Member('studentz.json', members[3].data)
    body, entries = b'', []
    for member in members:
        if member.name == b'students.json':
            entries.append(twin.entry(len(body)))
        entries.append(member.entry(len(body)))
        body += member.local()
    directory = b''.join(entries)
    return body + b'\0' * 4096 + directory + end_of(len(entries), len(directory), len(body) + 4096)


def many(count):
    name = struct.pack
    local = struct.pack('<4s5H3I2H', b'PK\3\4', 20, 0, 0, 0, 33, 0, 0, 0, 5, 0)
    entry = struct.pack('<4s6H3I5H2I', b'PK\1\2', 20, 20, 0, 0, 0, 33, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0)
    body = b''.join(local + b'x%04x' % (i & 0xFFFF) for i in range(count))
    size = len(local) + 5
    directory = b''.join(entry[:42] + name('<I', i * size) + b'x%04x' % (i & 0xFFFF)
                         for i in range(count))
    place = len(body)
    body += directory
    return body + end64(count, len(directory), place, len(body)) + \
        end_of(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def plus(*members):
    return make_zip(honest() + list(members))


BROKEN = '[{"id":'

# name, how it is made, the statuses it may have, what its line says
ZIPS = [
    ('honest', lambda: make_zip(honest()), (0,), None),
    ('names with ..', lambda: renamed(lambda n: b'../../' + n), (0,), None),
    ('absolute names', lambda: renamed(lambda n: b'/tmp/clever2sds-hostile/' + n), (0,), None),
    ('backslashes', lambda: renamed(lambda n: b'a\\..\\' + n), (0,), None),
    ('.. with backslashes is a hidden part', lambda: renamed(lambda n: b'..\\' + n), (EMPTY,), None),
    ('a drive', lambda: renamed(lambda n: b'C:\\' + n), (0,), None),
    ('NUL in names', lambda: renamed(lambda n: n + b'\0.exe'), (0,), None),
    ('names that begin with NUL', lambda: renamed(lambda n: b'\0' + n), (0,), None),
    ('empty names', lambda: renamed(lambda n: b''), (0,), None),
    ('control characters', lambda: renamed(lambda n: b'\x1b[2J\r\n\x07' + n), (0,), None),
    ('control characters in a message',
     lambda: plus(Member(b'\x1b[2J\nclever2sds: fine\rstudents2.json', BROKEN)), (INPUT,), 'cut'),
    ('names in invalid UTF-8', lambda: renamed(lambda n: b'\xff\xc0\x80\xed\xa0\x80' + n), (0,), None),
    ('the same in a message',
     lambda: plus(Member(b'\xff\xfe\xc0\x80.json', BROKEN)), (INPUT,), 'cut'),
    ('names of 64 kB', lambda: renamed(lambda n: n.rjust(65535, b'x')), (0,), None),
    ('the same in a message',
     lambda: plus(Member(b'y' * 65535, BROKEN)), (INPUT,), 'y{60}'),
    ('format characters', lambda: plus(Member(b'%s%n%s%n.json', BROKEN)), (INPUT,), '%s%n'),
    ('the same name twice', lambda: plus(honest()[3]), (0,), None),
    ('an overlapping member', overlapping, (0, INPUT), None),
    ('a nested bomb', lambda: nested_bomb(bomb(4095 << 20), 4095 << 20, 17), (INPUT,), 'overlap'),
    ('a bomb that says so', lambda: plus(Raw('x.json', bomb(4 << 30), 0xFFFFFFFE)), (INPUT,),
     'max-bytes', ['--max-bytes', '1G']),
    ('a bomb that does not', lambda: plus(Raw('x.json', bomb(1 << 30), 100)), (INPUT,), 'x.json'),
    ('a CRC that lies', lambda: lying('central', crc=1), (INPUT,), 'students.json|damaged'),
    ('a CRC that lies beside the data', lambda: lying('local', crc=1), (INPUT,), 'damaged'),
    ('a size that is too small', lambda: lying('central', size=-1), (INPUT,), 'zip'),
    ('a size that is too large', lambda: lying('central', size=+1), (INPUT,), 'zip'),
    ('a size that is very large', lambda: lying('central', size=0x7FFFFFFF), (INPUT,), 'zip'),
    ('packed in less than there is', lambda: lying('central', packed=-1), (INPUT,), 'zip'),
    ('packed in more than there is', lambda: lying('central', packed=+1), (0, INPUT), None),
    ('packed in more than the file has', lambda: lying('central', packed=1 << 30), (INPUT,),
     'overlap'),
    ('sizes that lie beside the data', lambda: lying('local', size=+1), (INPUT,), 'damaged'),
    ('a descriptor that lies', lambda: lying('descriptor', crc=1, size=5, packed=7), (0, INPUT), None),
    ('a member behind the end', lambda: make_zip(
        honest() + [Member('x.json', '[]', place=1 << 31)]), (INPUT,), 'damaged'),
    ('a member before the start', lambda: make_zip(
        honest() + [Member('x.json', '[]', place=0xFFFFFFF0)]), (INPUT,), 'damaged'),
    ('zip64', lambda: make_zip(honest(), zip64=True), (0,), None),
    ('zip64 sizes', lambda: real_zip64('size', 'packed'), (0,), None),
    ('zip64 unpacked sizes', lambda: real_zip64('size'), (0,), None),
    ('zip64 packed sizes', lambda: real_zip64('packed'), (0,), None),
    ('zip64 sizes that lie', lambda: real_zip64('size', 'packed', more=1), (INPUT,), 'damaged'),
    ('zip64 sizes without a field', lambda: with_extra(b'', packed=0xFFFFFFFF, size=0xFFFFFFFF),
     (INPUT,), 'damaged'),
    ('zip64 sizes without end', lambda: with_extra(zip64_extra(2 ** 64 - 1, 2 ** 64 - 1),
                                                   packed=0xFFFFFFFF, size=0xFFFFFFFF),
     (INPUT,), 'overlap'),
    ('zip64 sizes below zero', lambda: with_extra(zip64_extra(2 ** 63, 2 ** 63 + 5),
                                                  packed=0xFFFFFFFF, size=0xFFFFFFFF),
     (INPUT,), 'overlap'),
    ('a zip64 field cut short', lambda: with_extra(struct.pack('<2HI', 1, 4, 7),
                                                   packed=0xFFFFFFFF, size=0xFFFFFFFF),
     (INPUT,), 'damaged'),
    ('a field longer than its room before it', lambda: with_extra(
        struct.pack('<2H', 2, 60000) + zip64_extra(5, 5), packed=0xFFFFFFFF, size=0xFFFFFFFF),
     (INPUT,), 'damaged'),
    ('a field longer than its room', lambda: with_extra(struct.pack('<2H', 1, 60000)), (0, INPUT),
     None),
    ('a zip64 end that is elsewhere', lambda: make_zip(honest())[:-22] + struct.pack(
        '<4sIQI', b'PK\6\7', 0, 2 ** 63, 1) + end_of(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), (INPUT,),
     'damaged'),
    ('too many members counted', lambda: make_zip(honest(), count=60000), (INPUT,), 'damaged'),
    ('too few', lambda: make_zip(honest(), count=1), (INPUT,), 'damaged'),
    ('none', lambda: make_zip(honest(), count=0), (INPUT,), 'damaged'),
    ('200,000 members', lambda: many(200000), (INPUT,), '100,000'),
    ('garbage behind it', lambda: make_zip(honest(), after=b'\0garbage' * 1000), (0,), None),
    ('garbage before it', lambda: make_zip(honest(), before=b'MZ' + b'\x90' * 5000), (EMPTY,), None),
    ('a second zip before it', lambda: make_zip(honest(), before=make_zip([Member('a', 'b')])),
     (0, INPUT), None),
    ('symbolic links', lambda: plus(Member('students2.json', BROKEN, STORED, mode=0o120777)),
     (0,), None),
    ('a device', lambda: plus(Member('students2.json', BROKEN, STORED, mode=0o020666)), (0,), None),
    ('another method', lambda: plus(Member('x.json', '[]', method=14)), (INPUT,), 'deflate'),
    ('a password', lambda: plus(Member('x.json', '[]', flags=ENCRYPTED)), (INPUT,), 'password'),
    ('a zip in it', lambda: plus(Member('inner.zip', make_zip(honest()))), (0,), None),
    ('deflate without an end', lambda: plus(Raw('x.json', deflate(b'[' * 9999)[:-4], 9999)),
     (INPUT,), 'x.json'),
]


class Tests:
    def __init__(self, scratch):
        self.scratch = scratch
        self.dir = os.path.join(scratch, 'work/sds')
        self.number = self.bad = 0
        self.status = None
        self.errors = self.told = b''
        os.mkdir(os.path.join(scratch, 'work'))
        old = os.path.join(TOP, 'fixtures/demo/input')
        subprocess.run([PROGRAM, '-q', '-o', self.dir, old], check=False)
        self.old = self.files()
        self.run([HONEST])
        self.good = self.csv()

    def files(self):
        found = {}
        for path, _, names in os.walk(os.path.join(self.scratch, 'work')):
            for name in names:
                with open(os.path.join(path, name), 'rb') as file:
                    found[os.path.join(path, name)] = file.read()
        return found

    def csv(self):
        return {path: what for path, what in self.files().items() if 'review' not in path}

    def reset(self):
        for path in set(self.files()) - set(self.old):
            os.remove(path)
        for path, what in self.old.items():
            with open(path, 'wb') as file:
                file.write(what)

    def run(self, args, **more):
        """Converts over the old result."""
        self.reset()
        before = time.monotonic()
        done = subprocess.run([PROGRAM, '-v', '--max-removed', '100%', '-o', self.dir, *args], capture_output=True,
                              cwd=self.scratch, check=False, stdin=subprocess.DEVNULL, **more)
        self.status, self.told, self.errors = done.returncode, done.stdout, done.stderr
        self.time = time.monotonic() - before

    def wrong(self, statuses, pattern):
        said = self.errors.decode(errors='replace')
        if self.status not in statuses:
            return f'status {self.status}: {said[:300]!r}'
        if self.status == 0:
            return None if self.csv() == self.good else 'another result'
        if self.status == EMPTY:
            same = all(self.files().get(path) == what for path, what in self.old.items()
                       if 'review' not in path)
            return None if same else 'the old CSV files have changed'
        if said.count('\n') != 1 or not said.startswith('clever2sds: '):
            return f'not one line: {said[:300]!r}'
        if len(said) > 1100 or not said[:-1].isprintable():
            return f'a line that is unfit to print: {said[:300]!r}'
        if pattern and not any(part in said for part in expand(pattern)):
            return f'says {said[:300]!r}'
        return None if self.files() == self.old else 'the old result has changed'

    def ok(self, name, wrong):
        self.number += 1
        self.bad += wrong is not None
        print(('ok' if wrong is None else 'not ok') + f' {self.number} - {name}')
        if wrong is not None:
            print(f'# {wrong}')
        sys.stdout.flush()


def expand(pattern):
    return [part.replace('y{60}', 'y' * 60) for part in pattern.split('|')]


def test_zips(tests):
    archive = os.path.join(tests.scratch, 'export.zip')
    beside = set(os.listdir(tests.scratch)) | {'export.zip'}
    for name, make, statuses, pattern, *options in ZIPS:
        with open(archive, 'wb') as file:
            file.write(make())
        tests.run([*(options[0] if options else []), archive])
        wrong = tests.wrong(statuses, pattern)
        if not wrong and not all(c.isprintable() or c == '\n' for c in tests.told.decode()):
            wrong = 'unfit to print'
        if not wrong and set(os.listdir(tests.scratch)) != beside:
            wrong = f'something new: {os.listdir(tests.scratch)}'
        tests.ok(f'zip: {name}', wrong)
    os.remove(archive)


def honest_folder(tests, name):
    folder = os.path.join(tests.scratch, name)
    shutil.copytree(HONEST, folder)
    return folder


def test_folder(tests):
    folder = honest_folder(tests, 'folder')
    outside = os.path.join(tests.scratch, 'outside')
    os.mkdir(outside)
    with open(os.path.join(outside, 'secret.json'), 'w', encoding='ascii') as file:
        file.write(BROKEN)
    inside = lambda name: os.path.join(folder, name)
    os.symlink(outside, inside('away'))
    os.symlink('..', inside('above'))
    os.symlink('.', inside('itself'))
    os.symlink('loop.json', inside('loop.json'))
    os.symlink('/nowhere', inside('nowhere.json'))
    os.symlink('/dev/zero', inside('zero.json'))
    os.mkfifo(inside('fifo.json'))
    server = socket.socket(socket.AF_UNIX)
    os.chdir(folder)
    server.bind('socket.json')
    os.chdir(tests.scratch)
    try:
        os.mknod(inside('device.json'), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        print('# no right to make a device here')
    tests.run([folder], timeout=60)
    tests.ok('folder: links out of it, loops, pipes, sockets, devices are passed over',
             tests.wrong((0,), None))
    server.close()

    deep = inside('x')
    for _ in range(300):
        deep += '/' + 'd' * 10
    os.makedirs(deep)
    tests.run([folder])
    tests.ok('folder: 300 levels deep', tests.wrong((0,), None))

    os.symlink(os.path.join(outside, 'secret.json'), inside('students2.json'))
    tests.run([folder])
    tests.ok('folder: a link to a file is that file', tests.wrong((INPUT,), 'students2.json'))
    os.remove(inside('students2.json'))

    os.chmod(inside('students.json'), 0)
    nobody = {} if os.geteuid() else {'user': 65534, 'group': 65534, 'extra_groups': []}
    if nobody:
        os.chmod(tests.scratch, 0o755)
        for path, folders, files in os.walk(os.path.join(tests.scratch, 'work')):
            for name in [path] + [os.path.join(path, name) for name in folders + files]:
                os.chown(name, 65534, 65534)
    try:
        tests.run([folder], **nobody)
        tests.ok('folder: a file that nobody may read',
                 tests.wrong((INPUT,), 'folder/students.json: cannot be opened'))
    except PermissionError:
        print('# the program is where nobody else may run it')
    os.chmod(inside('students.json'), 0o644)
    os.chmod(inside('x'), 0)
    try:
        tests.run([folder], **nobody)
        tests.ok('folder: a folder that nobody may read',
                 tests.wrong((INPUT,), 'folder/x: cannot be opened'))
    except PermissionError:
        print('# the program is where nobody else may run it')
    os.chmod(inside('x'), 0o755)


def test_changes(tests):
    """Files that grow and shrink under the program's hands: all of the old, of the new, or none."""
    folder = os.path.join(tests.scratch, 'changing')
    subprocess.run([GENERATE, '--version', '2.1', '--students', '3000', '--seed', '1', folder],
                   check=True)
    tests.run(['-j2', folder])
    whole, longest = tests.csv(), tests.time
    file = os.path.join(folder, 'students.json')
    with open(file, 'rb') as before:
        content = before.read()
    changes = {
        'grows': lambda: open(file, 'ab').write(b'[{"id":"x"}]'),
        'gets blanks': lambda: open(file, 'ab').write(b'  '),
        'shrinks': lambda: os.truncate(file, len(content) // 2),
        'is emptied': lambda: os.truncate(file, 0),
        'goes away': lambda: os.remove(file),
        'becomes a pipe': lambda: (os.remove(file), os.mkfifo(file)),
    }
    choice = random.Random(1)
    for name, change in changes.items():
        wrong, refused = None, 0
        for _ in range(12):
            if os.path.lexists(file):
                os.remove(file)
            with open(file, 'wb') as fresh:
                fresh.write(content)
            timer = threading.Timer(choice.random() * longest, change)
            timer.start()
            tests.run(['-j2', folder], timeout=120)
            timer.join()
            refused += tests.status == INPUT
            if tests.status == 0 and tests.csv() == whole:
                continue
            wrong = wrong or (tests.wrong((INPUT, EMPTY, 1), None) if tests.status != 1 else None)
        tests.ok(f'folder: a file {name} during the run (refused {refused} of 12)', wrong)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        tests = Tests(scratch)
        test_zips(tests)
        test_folder(tests)
        test_changes(tests)
        print(f'1..{tests.number}')
        return tests.bad > 0


if __name__ == '__main__':
    sys.exit(main())
