#!/usr/bin/env -S python3 -B
"""Lets every call of the program fail, one after the other, and looks at what it leaves behind.

    faults.py            each kind of export, first runs and runs over an old result, every call
    faults.py --quick    a part of that, for every day
    faults.py NAME...    the first, of some functions or exports only

For n = 1, 2, 3, ... until a run gets by without it, the n-th call of a function fails (shim.c).
Each run must end in one of two ways: as if nothing had happened, or with a status of the contract
that fits, one line on standard error, and the output folder as it was. Nothing may be left beside
it, no descriptor open, and with BUILD=build/asan no memory. Prints TAP, and how many faults there
were by function and by what it said.
"""

import collections
import errno
import functools
import gzip
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD', os.path.join(TOP, 'build'))
PROGRAM = os.path.join(BUILD, 'clever2sds')
GENERATE = os.path.join(BUILD, 'tests/generate/generate')
SHIM = os.path.join(BUILD, 'tests/faults/shim.so')
FIXTURES = os.path.join(TOP, 'fixtures')

# A file system in memory, where there is one: thousands of runs flush all they write.
MEMORY = '/dev/shm'

INPUT, OUTPUT = 3, 4

# What --quick looks at, and whether over an old result.
QUICK = {'json': True, 'csv': False, 'zip': True, 'divided': True, 'threads': False}

# Which statuses may follow; none: the run has to get by. `errors`: what the call says, with "+"
# when it goes on saying so (a disk stays full). `clears`: it is also what clears away, so that
# something may be left behind, for the next run to clear.
Call = collections.namedtuple('Call', 'name errors statuses clears')

CALLS = [
    Call('open', ('EMFILE', 'EIO', 'ENOMEM', 'EMFILE+'), (INPUT, OUTPUT), False),
    Call('openat', ('EMFILE', 'EIO', 'ENOSPC', 'EMFILE+'), (INPUT, OUTPUT), True),
    Call('read', ('EIO',), (INPUT, OUTPUT), False),
    Call('read', ('EINTR', 'short', 'short+'), (), False),
    Call('pread', ('EIO',), (INPUT, OUTPUT), False),
    Call('pread', ('EINTR', 'short', 'short+'), (), False),
    Call('write', ('ENOSPC', 'EIO', 'ENOSPC+'), (OUTPUT,), False),
    Call('write', ('EINTR', 'short', 'short+'), (), False),
    Call('pwrite', ('ENOSPC', 'EIO'), (OUTPUT,), False),
    Call('fsync', ('EIO', 'ENOSPC+'), (OUTPUT,), False),
    Call('sync_file_range', ('EIO+',), (), False),
    Call('close', ('EIO', 'EINTR', 'ENOSPC+'), (INPUT, OUTPUT), False),
    Call('ftruncate', ('ENOSPC',), (OUTPUT,), False),
    Call('fallocate', ('ENOSPC',), (OUTPUT,), False),
    Call('lseek', ('EIO',), (INPUT, OUTPUT), True),
    Call('rename', ('EIO',), (OUTPUT,), False),
    Call('renameat2', ('EIO', 'ENOSPC', 'EINVAL'), (OUTPUT,), True),
    Call('linkat', ('EMLINK', 'EPERM+'), (OUTPUT,), False),
    Call('unlink', ('EIO',), (OUTPUT,), True),
    Call('unlinkat', ('EIO', 'EROFS+'), (OUTPUT,), True),
    Call('rmdir', ('EIO',), (OUTPUT,), True),
    Call('mkdir', ('ENOSPC', 'EACCES'), (OUTPUT,), False),
    Call('mkdirat', ('ENOSPC', 'EACCES'), (OUTPUT,), False),
    Call('fchmod', ('EIO',), (OUTPUT,), False),
    Call('fchown', ('EIO',), (OUTPUT,), False),
    Call('flock', ('ENOLCK', 'EINTR'), (OUTPUT,), True),
    Call('fcntl', ('EMFILE',), (INPUT, OUTPUT), False),
    Call('stat', ('EIO',), (INPUT, OUTPUT), False),
    Call('fstat', ('EIO',), (INPUT, OUTPUT), False),
    Call('fstatat', ('EIO',), (INPUT, OUTPUT), True),
    Call('opendir', ('ENOMEM',), (INPUT, OUTPUT), True),
    Call('readdir', ('EIO',), (INPUT, OUTPUT), True),
    Call('getdents64', ('EIO', 'EIO+'), (OUTPUT,), True),
    Call('realpath', ('EIO', 'ENOMEM'), (OUTPUT,), False),
    Call('getrandom', ('EINTR', 'ENOSYS+'), (), False),
    Call('mmap', ('ENOMEM', 'EIO+'), (INPUT, OUTPUT), False),
    Call('malloc', ('ENOMEM', 'ENOMEM+'), (INPUT, OUTPUT), True),
    Call('calloc', ('ENOMEM', 'ENOMEM+'), (INPUT, OUTPUT), True),
    Call('realloc', ('ENOMEM', 'ENOMEM+'), (INPUT, OUTPUT), True),
    Call('strdup', ('ENOMEM', 'ENOMEM+'), (INPUT, OUTPUT), True),
    Call('pthread_mutex_init', ('ENOMEM',), (INPUT,), False),
    Call('pthread_cond_init', ('ENOMEM',), (INPUT,), False),
    Call('pthread_create', ('EAGAIN', 'EAGAIN+'), (), False),
]

# What else the program takes from the C library: functions that cannot fail the way they are used
# here, or whose failure changes nothing but what is shown. Standard output (`fwrite`, `fflush`) is
# full in tests/cli.t, and the sandbox (`prctl`, `setrlimit`, `syscall`) is off here: it has
# tests/unit/test_sandbox.c.
HARMLESS = frozenset('''
    clock_gettime closedir fflush fprintf free fwrite getenv getpgrp getpid gmtime_r ioctl isatty
    mallopt memchr memcmp memcpy memmove memrchr memset nanosleep prctl pthread_cond_broadcast
    pthread_cond_destroy pthread_cond_wait pthread_join pthread_mutex_destroy pthread_mutex_lock
    pthread_mutex_unlock qsort raise setrlimit sigaction sigemptyset snprintf strchr strcmp strcspn
    strerror strftime strlen strncmp strrchr strspn strstr strtol strtoll strtoul syscall sysconf
    tcgetpgrp time umask vsnprintf'''.split())

# What the program calls the functions that the shim counts under another name.
ALIASES = {'fdopendir': 'opendir', 'fdatasync': 'fsync', 'strndup': 'strdup', 'renameat': 'rename',
           'aligned_alloc': 'malloc', 'posix_memalign': 'malloc'}

# Other libraries, and what compilers add.
FOREIGN = re.compile('_|cJSON_|crc32|csv_|inflate|seccomp_|unz')

# The result stands, but there was no memory for the table.
UNTOLD = ('clever2sds: standard output cannot be written; the result itself is complete, see its '
          'review folder\n')

# The folders of somebody else in the old results, which cannot be linked.
MOVED = re.compile('(^|/)(theirs|archive|7)(/|$)')

Export = collections.namedtuple('Export', 'name args stdin calls')


def without_changes(name, text):
    """A summary without what it tells of the result before it."""
    if os.path.basename(name) != 'summary.json':
        return text
    return re.sub(rb'(?m)^.*"(comparison|state|before|added|removed|changed|(new|gone)_columns)":.*\n',
                  b'', text)


def snapshot(folder):
    """All files below a folder: their bytes and modes, but for what is told of the result before
    it, which is another one after a run that failed late."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(path, name), folder)] = None
        for name in files:
            full = os.path.join(path, name)
            if name in ('changes.csv', 'report.html'):
                continue
            with open(full, 'rb') as file:
                text = without_changes(name, file.read())
            found[os.path.relpath(full, folder)] = (text, os.stat(full).st_mode)
    return found


def make_exports(scratch, quick):
    demo = os.path.join(FIXTURES, 'demo/input')
    combined = os.path.join(FIXTURES, 'good-shape-combined-envelopes/input')
    csv = os.path.join(FIXTURES, 'good-csv-same-district-csv/input')
    sets = os.path.join(FIXTURES, 'good-old-split-into-fewer/input')
    packed = os.path.join(scratch, 'packed')
    os.mkdir(packed)
    archive = os.path.join(scratch, 'demo.zip')
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as zip_file:
        for name in sorted(os.listdir(demo)):
            zip_file.write(os.path.join(demo, name), name)
            with open(os.path.join(demo, name), 'rb') as file:
                with gzip.open(os.path.join(packed, name + '.gz'), 'wb') as out:
                    shutil.copyfileobj(file, out)
    twice = archive + '.gz'
    with open(archive, 'rb') as file, gzip.open(twice, 'wb') as out:
        shutil.copyfileobj(file, out)
    damaged = os.path.join(scratch, 'damaged')
    shutil.copytree(packed, damaged)
    with open(os.path.join(damaged, 'users.json.gz'), 'r+b') as file:
        file.truncate(os.stat(file.fileno()).st_size // 2)
    large = os.path.join(scratch, 'large')
    subprocess.run([GENERATE, '--version', '2.1', '--students', '4000', '--seed', '1', large],
                   check=True)
    every = None
    exports = [
        Export('json', ['-j1', demo], None, every),
        Export('csv', ['-j1', csv], None, every),
        Export('gzip', ['-j1', packed], None, every),
        Export('zip', ['-j1', archive], None, every),
        Export('threads', ['-j4', large], None, ('pthread_create', 'pthread_mutex_init',
                                                 'pthread_cond_init')),
        Export('combined', ['-j1', combined], None, every),
        Export('stdin', ['-j1', '-'], twice, every),
        Export('check', ['-j1', '--check', demo], None, every),
        Export('status5', ['-j1', '--max-errors', '0', demo], None, every),
        Export('divided', ['-j1', '--split', '6', sets], None, every),
        Export('undivided', ['-j1', sets], None, every),
        Export('damaged', ['-j1', damaged], None, every),
        Export('encoding', ['-j1', '--encoding', 'windows-1252', csv], None, every),
    ]
    return [export for export in exports if not quick or export.name in QUICK]


def make_old(scratch):
    """An old result, and one that is divided, both with files of somebody else."""
    old = os.path.join(scratch, 'old')
    first = os.path.join(FIXTURES, 'good-v2.1-envelope/input')
    subprocess.run([PROGRAM, '-q', '--lowercase-names', '-o', old, first], check=True)
    os.mkdir(os.path.join(old, 'theirs'))
    for name in ('stranger.txt', 'theirs/file', 'review/note.txt'):
        with open(os.path.join(old, name), 'w', encoding='ascii') as file:
            file.write('mine\n')
    shutil.copytree(os.path.join(FIXTURES, 'good-old-split-into-fewer/old'),
                    os.path.join(scratch, 'old-sets'))


def is_stage(name):
    return name.startswith('.sds.clever2sds-')


class Run:
    """One export, into nothing or over an old result."""

    def __init__(self, models, scratch, export, over):
        self.export = export
        self.name = export.name + (' over an old result' if over else ' for the first time')
        self.place = os.path.join(scratch, 'place')
        self.temporary = os.path.join(scratch, 'tmp')
        self.over = over
        self.dir = os.path.join(self.place, 'sds' if over else 'new/sds')
        self.model = os.path.join(models, 'old-sets' if 'divided' in export.name else 'old')
        self.reset()
        self.old = snapshot(self.place)
        self.status, _, self.errors, _ = self.start({})
        self.new = snapshot(self.place)
        self.reset()

    def reset(self):
        for folder in (self.place, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
        if self.over:
            shutil.copytree(self.model, self.dir)
            if os.geteuid() == 0:
                os.chown(self.dir, 1, 1)

    def start(self, settings):
        """Status, standard output, standard error, and what the shim reports."""
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C', 'TMPDIR': self.temporary,
                       'SOURCE_DATE_EPOCH': '1600000000',
                       'ASAN_OPTIONS': 'verify_asan_link_order=0:allocator_may_return_null=1'
                                       ':exitcode=99:fast_unwind_on_malloc=0',
                       **settings}
        read_end, write_end = os.pipe()
        if settings:
            environment['LD_PRELOAD'] = SHIM
            environment['FAULT_REPORT'] = str(write_end)
        stdin = open(self.export.stdin, 'rb') if self.export.stdin else subprocess.DEVNULL
        command = [PROGRAM, '--no-sandbox', '--max-removed', '100%', '-o', self.dir]
        done = subprocess.run(command + self.export.args, stdin=stdin, capture_output=True,
                              env=environment, pass_fds=(write_end,), timeout=300, check=False)
        if self.export.stdin:
            stdin.close()
        os.close(write_end)
        with os.fdopen(read_end, 'rb') as report:
            told = report.read().decode()
        return done.returncode, done.stdout, done.stderr.decode(errors='replace'), told

    def leftovers(self):
        """Stages beside DIR, and temporary files."""
        beside = {path for path in snapshot(self.place) if is_stage(path.split('/')[-1])}
        return beside | set(os.listdir(self.temporary))

    def judge(self, call, status, errors, told):
        """What is wrong, or None; and whether the run got by."""
        now = {path: what for path, what in snapshot(self.place).items()
               if not any(is_stage(part) for part in path.split('/'))}
        left = self.leftovers()
        if 'descriptor' in told:
            return 'a descriptor is left open', False
        if left and not call.clears:
            return f'left behind: {left}', False
        if call.clears and now == {'new': None}:
            now = {} # the folder made for DIR could not go, perhaps for the stage in it
        untold = 'ENOMEM' in call.errors and errors == UNTOLD
        if status == self.status and now == self.new and (errors == self.errors or untold):
            return None, True
        # What could not be moved home waits beside DIR for the next run.
        if left and status == self.status and now.items() <= self.new.items() and \
                all(MOVED.search(path) for path in self.new.keys() - now.keys()):
            return None, True
        if status not in call.statuses:
            return f'status {status}', False
        if errors.count('\n') != 1 or not errors.startswith('clever2sds: '):
            return 'not one line on standard error', False
        if now != self.old:
            return f'the folder has changed: {sorted(now)}', False
        return None, False

    def clears(self):
        """Whether the next run clears away what is left."""
        status, _, _, _ = self.start({})
        now = snapshot(self.place)
        if now == {'new': None} and not self.new:
            now = {} # this run did not make it, so it leaves it
        return status == self.status and not self.leftovers() and now == self.new


def settings_of(call, error, number):
    always = error.endswith('+')
    word = error.rstrip('+')
    settings = {'FAULT_CALL': call.name, 'FAULT_AT': str(number),
                'FAULT_ERROR': word if word == 'short' else str(getattr(errno, word))}
    if always:
        settings['FAULT_ALWAYS'] = '1'
    return settings


def named(told):
    """The program's places in a report by function and line."""
    places = re.findall(r'clever2sds\+(0x[0-9a-f]+)', told)
    for place in places:
        before = hex(int(place, 16) - 1)
        found = subprocess.run(['addr2line', '-f', '-s', '-e', PROGRAM, before],
                               capture_output=True, text=True, check=False).stdout.split()
        told = told.replace(f'clever2sds+{place}\n', ' '.join(found) + '\n')
    return told


def counts_lines():
    """Whether the build is one for coverage, whose counters use functions of their own."""
    with open(PROGRAM, 'rb') as file:
        return b'gcov' in file.read()


def imported():
    """What the program takes from the C library, by the names of CALLS."""
    told = subprocess.run(['nm', '-D', '--undefined-only', PROGRAM], capture_output=True,
                          text=True, check=True).stdout
    names = set()
    for name in re.findall(r'(?m) U (\w+)', told):
        name = re.sub(r'^__(\w+)_chk$', r'\1', name) # as a build with _FORTIFY_SOURCE has it
        name = re.sub(r'^(?!getdents)(\w+)64$', r'\1', name)
        if not FOREIGN.match(name):
            names.add(ALIASES.get(name, name))
    return names


class Tally:
    """What came of the faults; `lines` are those of TAP, without numbers."""

    def __init__(self):
        self.counts = collections.Counter() # by call and what it said
        self.refused = self.left = self.bad = 0
        self.lines = []

    def ok(self, good, text):
        self.lines.append((good, text))

    def note(self, text):
        self.lines.append((None, text))

    def add(self, other):
        self.counts.update(other.counts)
        self.refused += other.refused
        self.left += other.left
        self.bad += other.bad


def try_error(run, call, error, tally):
    """Every n for one call and error; whether all went well."""
    good = True
    number = 0
    while True:
        number += 1
        status, _, errors, told = run.start(settings_of(call, error, number))
        hit = 'fault' in told
        wrong, got_by = run.judge(call, status, errors, told)
        if not hit and not wrong and not got_by:
            wrong = 'fails without a fault'
        tally.counts[call.name, error] += hit
        tally.refused += hit and not got_by
        left = bool(run.leftovers())
        if left and not wrong:
            tally.left += 1
            if not run.clears():
                wrong = f'not cleared by the next run: {run.leftovers()}'
        if wrong:
            good = False
            tally.bad += 1
            tally.note(f'{run.name}, {call.name} {error} {number}: {wrong}')
            for line in (named(told) + errors).splitlines()[:40]:
                tally.note('  ' + line)
        if wrong or got_by or left:
            run.reset()
        if not hit:
            return good


def try_run(scratch, quick, only, export_and_over):
    """Every call of one run."""
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        run = Run(scratch, place, *export_and_over)
        for call in CALLS:
            if call.name not in (only or run.export.calls or call.name):
                continue
            errors = call.errors[:1] if quick else call.errors
            good = all([try_error(run, call, error, tally) for error in errors])
            count = sum(tally.counts[call.name, error] for error in errors)
            if count:
                tally.ok(good, f'{run.name}: {call.name} fails ({count} faults)')
    return tally


class Tap:
    """Prints TAP."""

    def __init__(self):
        self.tests = 0

    def line(self, good, text):
        if good is None:
            print('# ' + text, flush=True)
            return
        self.tests += 1
        print(('ok' if good else 'not ok') + f' {self.tests} - {text}', flush=True)


def tell_counts(total, tap):
    """How many faults there were of each kind."""
    uncalled = []
    for name in dict.fromkeys(call.name for call in CALLS):
        errors = {error: count for (call, error), count in total.counts.items()
                  if call == name and count}
        if errors:
            told = ', '.join(f'{error} {count:,}' for error, count in errors.items())
            tap.line(None, f'{sum(errors.values()):8,} {name:20} {told}')
        else:
            uncalled.append(name)
    if uncalled:
        tap.line(None, 'never called: ' + ', '.join(uncalled))


def main():
    quick = '--quick' in sys.argv
    words = [word for word in sys.argv[1:] if not word.startswith('-')]
    only = [call.name for call in CALLS if call.name in words]
    total, tap = Tally(), Tap()
    unknown = imported() - {call.name for call in CALLS} - HARMLESS if not counts_lines() else set()
    tap.line(not unknown, 'every function of the C library that can fail is made to' +
             ''.join(f'; not so: {name}' for name in sorted(unknown)))
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        make_old(scratch)
        exports = make_exports(scratch, quick)
        some = [export for export in exports if export.name in words]
        runs = [(export, over) for export in some or exports for over in (False, True)
                if not quick or over == QUICK[export.name]]
        with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
            for tally in pool.imap(functools.partial(try_run, scratch, quick, only), runs):
                for line in tally.lines:
                    tap.line(*line)
                total.add(tally)
    tell_counts(total, tap)
    faults = sum(total.counts.values())
    tap.line(None, f'{faults:,} faults injected: {total.refused:,} runs refused, '
             f'{faults - total.refused:,} got by, {total.left:,} left something for the next run')
    tap.line(faults > 0 and total.bad == 0, f'{faults} faults, {total.bad} went wrong')
    print(f'1..{tap.tests}')
    return total.bad > 0 or bool(unknown)


if __name__ == '__main__':
    sys.exit(main())
