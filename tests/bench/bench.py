"""Measures clever2sds against what its parts can do and against other programs: `make bench`.

    BENCH_SIZES   how many students, by default "10000 100000 1000000"
    BENCH_RUNS    how often everything runs, by default 5; the tables show medians
    BENCH_OUT     where the results go, by default BUILD/bench. clever2sds waits until they are
                  on the disk (fsync), the other programs do not; /dev/shm leaves that out
    BUILD         where the programs are; the exports go into BUILD/bench

All that is compared runs in turns, so that a machine that is busy for a while slows all of it.
What takes a few milliseconds runs in each turn until a tenth of a second is used, and its median
there counts as one run: else it would be measured how cold the larger ones leave the processor.
Only different output is a failure, never a time. MB are 10^6 bytes.
"""
import csv
import gzip
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field

from tools import tools

BUILD = os.environ.get("BUILD", "build")
SIZES = sorted(int(n) for n in os.environ.get("BENCH_SIZES", "10000 100000 1000000").split())
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
MAIN = 100000 if 100000 in SIZES else SIZES[-1]  # the size at which everything is tried
WORK = os.path.join(BUILD, "bench")
OUT = os.path.join(os.environ.get("BENCH_OUT", WORK), "clever2sds-bench-out")  # made anew
PROGRAM = os.path.join(BUILD, "clever2sds")
TURN = 0.1  # seconds that a case runs at least in each turn
LOAD = os.getloadavg()[0]
FILES = ["School", "Section", "Student", "Teacher", "StudentEnrollment", "TeacherRoster"]
failures = []


def fail(text):
    failures.append(text)
    print("FAILED: " + text, file=sys.stderr)


# ---- running -----------------------------------------------------------------------------------

@dataclass
class Timed:
    """Something that is run again and again."""
    name: str
    command: list
    bytes: int = 0              # of input, unpacked
    students: int = 0
    threads: int = 0
    out: str = ""               # its folder
    same_as: str = ""           # all with this word must write the same six files
    over: bool = False          # over its own last result, else where there is none
    samples: list = field(default_factory=list)

    def median(self, what):
        return statistics.median(sample[what] for sample in self.samples)

    @property
    def wall(self):
        return self.median(0)

    def speed(self):
        return self.bytes / self.wall / 1e6


def measure(command, output="/dev/null"):
    """Wall seconds, processor seconds, peak bytes, exit status."""
    result = subprocess.run([os.path.join(BUILD, "tests/bench/measure"), output] + command,
                            stdout=subprocess.PIPE, text=True, check=True)
    wall, used, peak, status = result.stdout.split()
    return float(wall), float(used), int(peak) * 1024, int(status)


def read(out, name):
    with open(os.path.join(out, name), "rb") as file:
        return file.read()


def digest(out, names):
    return [(name, hashlib.md5(read(out, name)).hexdigest()) for name in names]


def made(out):
    """Those of the six files that are there."""
    return [f + ".csv" for f in FILES if os.path.exists(os.path.join(out, f + ".csv"))]


def check_output(case, seen):
    """The same six files whatever the run, threads and packing; for one case the lines, too."""
    lines = (case.out, digest(case.out, ["review/errors.csv"]))
    for key, found in ((case.same_as, digest(case.out, made(case.out))), lines):
        first = seen.setdefault(key, found)
        if first != found:
            names = sorted({name for name, _ in set(first) ^ set(found)})
            fail(f"{' '.join(case.command)}: other {', '.join(names)} than before")


def run_once(case, seen):
    if not case.over:
        shutil.rmtree(case.out, ignore_errors=True)
    elif not os.path.exists(case.out):
        measure(case.command)
    sample = measure(case.command)
    if sample[3] not in (0, 1):
        fail(f"{case.name} -j{case.threads}: exit status {sample[3]}")
    else:
        check_output(case, seen)
    return sample


def run_case(case, seen):
    turn = [run_once(case, seen)]
    while sum(sample[0] for sample in turn) < TURN:
        turn.append(run_once(case, seen))
    case.samples.append(statistics.median_low(turn))


def run_limit(limit):
    result = subprocess.run(limit.command, stdout=subprocess.PIPE, text=True, check=True)
    wall, size, _ = result.stdout.split()
    limit.bytes = int(size)
    limit.samples.append((float(wall),))


def run_tool(tool):
    if not tool.samples or tool.samples[-1][3] == 0:
        tool.samples.append(measure(tool.command))


# ---- exports -----------------------------------------------------------------------------------

def generate(name, students, *options):
    folder = os.path.join(WORK, name)
    subprocess.run([os.path.join(BUILD, "tests/generate/generate"), "--students", str(students),
                    *options, folder], check=True)
    return folder


def paths(folder, end=""):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(end)]


def size_of(folder):
    return sum(os.path.getsize(path) for path in paths(folder))


def pack_zip(folder):
    with zipfile.ZipFile(folder + ".zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths(folder):
            archive.write(path, os.path.basename(path))
    return folder + ".zip"


def pack_gzip(folder):
    os.mkdir(folder + "-gz")
    for path in paths(folder):
        to = os.path.join(folder + "-gz", os.path.basename(path) + ".gz")
        with open(path, "rb") as plain, gzip.open(to, "wb", 6) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)
    return folder + "-gz"


def only_people(folder):
    """The same without sections, for a comparison with libcsv."""
    os.mkdir(folder + "-people")
    for name in ("schools.csv", "students.csv", "teachers.csv"):
        os.link(os.path.join(folder, name), os.path.join(folder + "-people", name))
    return folder + "-people"


def convert(export, out, threads, *options):
    return [PROGRAM, "-q", f"-j{threads}", *options, "-o", out, export]


def cases_of(name, export, students, *options, size=0, same_as=""):
    """The case with one and with two threads."""
    out = os.path.join(OUT, re.sub("[^A-Za-z0-9]+", "-", name) + f"-{students}")
    return [Timed(name, convert(export, out, threads, *options), size or size_of(export), students,
                  threads, out, same_as or f"{name} {students}") for threads in (1, 2)]


def case_over(name, export, students):
    """Over a result that is the same, as every night when nothing has changed."""
    case = cases_of(name, export, students, same_as=f"JSON {students}")[1]
    case.over = True
    return case


def limit_of(name, mode, students, files):
    return Timed(name, [os.path.join(BUILD, "tests/bench/limits"), mode, *files],
                 students=students)


def plan_packed(kind, students, folder, same_as):
    """An export as a zip and as .gz files."""
    size = size_of(folder)
    archive, gz = pack_zip(folder), pack_gzip(folder)
    cases = cases_of("zip" + kind, archive, students, size=size, same_as=same_as)
    cases += cases_of("gzip" + kind, gz, students, size=size, same_as=same_as)
    limits = [limit_of("zlib, members of the zip" + kind, "inflate", students, [archive]),
              limit_of("zlib, the .gz files" + kind, "gunzip", students, paths(gz))]
    return cases, limits


def plan_scattered(students):
    """How small an export packs depends on its ids: those of people who came to Clever over the
    years have nothing in common, those of one import count up, and pack to half of that."""
    folder = generate(f"scattered-{students}", students, "--ids", "scattered")
    cases, limits = plan_packed("", students, folder, f"scattered {students}")
    plain = cases_of("JSON, scattered ids", folder, students, same_as=f"scattered {students}")
    return plain + cases, limits


def plan_main(folder):
    """What is only tried at one size."""
    size = size_of(folder)
    cases, limits = plan_packed(" of one import", MAIN, folder, f"JSON {MAIN}")
    cases += cases_of("JSON v3.0", generate("v3", MAIN, "--version", "3.0"), MAIN)
    cases += cases_of("JSON with faults", generate("faults", MAIN, "--faults", "100"), MAIN)
    others = []
    for name, command, out in tools(folder, os.path.join(OUT, "tools")):
        if command is None:
            print(f"{name} is not installed: left out")
            continue
        os.makedirs(out)
        others.append(Timed(name, command, size, MAIN, out=out))
    return cases, limits, others


def plan(students):
    """All that is run at one size: cases, limits, other programs."""
    folder = generate(f"json-{students}", students)
    tables = generate(f"csv-{students}", students, "--shape", "csv")
    cases = cases_of("JSON", folder, students) + cases_of("CSV", tables, students)
    cases += cases_of("CSV, people only", only_people(tables), students, "--users-only")
    cases.append(case_over("JSON, nothing changed", folder, students))
    limits = [limit_of("memchr, JSON files", "memchr", students, paths(folder)),
              limit_of("cJSON, records of students.json", "cjson", students,
                       [os.path.join(folder, "students.json")]),
              limit_of("libcsv, students.csv", "csv", students,
                       [os.path.join(tables, "students.csv")])]
    written = [f + ".csv" for f in FILES] + ["review/errors.csv", "review/summary.json"]
    limits.append(limit_of("write and fsync of the result", "write", students,
                           [os.path.join(cases[0].out, name) for name in written]))
    others = []
    if students in (MAIN, SIZES[-1]):
        more, more_limits = plan_scattered(students)
        cases, limits = cases + more, limits + more_limits
    if students == MAIN:
        more, more_limits, others = plan_main(folder)
        cases, limits = cases + more, limits + more_limits
    return cases, limits, others


# ---- single measurements -----------------------------------------------------------------------

def check_threads(case, seen):
    for threads in range(1, 9):
        command = convert(case.command[-1], case.out, threads)
        run_case(Timed(case.name, command, threads=threads, out=case.out, same_as=case.same_as),
                 seen)


def check_ways(json_folder, csv_folder):
    """The same district as JSON and as CSV; only JSON has ids of courses and terms."""
    options = ["--id", "sis", "--without", "Section.Term SIS ID", "--without",
               "Section.Course SIS ID"]
    found = []
    for folder in (json_folder, csv_folder):
        out = os.path.join(OUT, "ways")
        measure(convert(folder, out, 2, *options))
        found.append(digest(out, made(out)))
    if found[0] != found[1]:
        fail("JSON and CSV of the same district give different files")


def instructions(folder):
    """Of the whole program with one thread, for each byte of input."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" +
               os.path.join(WORK, "callgrind.out")]
    out = os.path.join(OUT, "callgrind")
    result = subprocess.run(command + convert(folder, out, 1, "--no-sandbox", "--no-report"), stderr=subprocess.PIPE, text=True,
                            check=False)
    count = re.search(r"Collected : (\d+)", result.stderr)
    return int(count[1]) / size_of(folder) if count else None


def start_up():
    """Milliseconds for an export of ten records more than for a program that does nothing: in
    all, and of processor time."""
    folder = generate("ten", 2, "--version", "1.1")
    more = []
    for _ in range(10 * RUNS + 1):
        nothing = measure(["/bin/true"])
        small = measure(convert(folder, os.path.join(OUT, "ten"), 2))
        more.append([1000 * (small[k] - nothing[k]) for k in (0, 1)])
    return [statistics.median(pair[k] for pair in more) for k in (0, 1)]


# ---- report ------------------------------------------------------------------------------------

def table(head, rows):
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    text += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(text)


def allowed_memory(case):
    """What the program may use: 64 MB, and 120 bytes for each id and each membership."""
    rows = sum(read(case.out, name).count(b"\n") - 1 for name in made(case.out))
    return 64e6 + 120 * rows


def case_rows(cases):
    return [[c.name, f"{c.students:,}", f"{c.bytes / 1e6:.1f}", c.threads, f"{c.wall:.3f}",
             f"{c.median(1):.3f}", f"{c.speed():.0f}", f"{c.wall / c.students * 1e6:.2f}",
             f"{c.median(2) / 1e6:.0f}", f"{allowed_memory(c) / 1e6:.0f}"] for c in cases]


LIMITS_OF = {"memchr, JSON files": ("JSON", 1), "write and fsync of the result": ("JSON", 2),
             "cJSON, records of students.json": ("JSON", 1),
             "libcsv, students.csv": ("CSV, people only", 1),
             "zlib, members of the zip": ("zip", 2), "zlib, the .gz files": ("gzip", 2),
             "zlib, members of the zip of one import": ("zip of one import", 2),
             "zlib, the .gz files of one import": ("gzip of one import", 2)}


def find(cases, name, students, threads):
    return next(c for c in cases if (c.name, c.students, c.threads) == (name, students, threads))


def limit_ratio(limit, cases):
    """Time of clever2sds in that of the limit: for a byte of input, or in all for the output."""
    name, threads = LIMITS_OF[limit.name]
    case = find(cases, name, limit.students, threads)
    if limit.name.startswith("write"):
        return case.wall / limit.wall
    return limit.speed() / case.speed()


def limit_rows(limits, cases):
    return [[x.name, f"{x.students:,}", f"{x.bytes / 1e6:.1f}", f"{x.wall:.4f}",
             f"{x.speed():.0f}", "{} -j{}".format(*LIMITS_OF[x.name]),
             f"{limit_ratio(x, cases):.2f}"] for x in limits]


def same_rows(tool, case):
    """Whether the files that a program has made hold what ours do, however quoted and ordered."""
    def rows(path):
        with open(path, encoding="utf-8", newline="") as file:
            return sorted(csv.reader(file))
    names = made(tool.out)
    same = names and all(rows(os.path.join(tool.out, name)) == rows(os.path.join(case.out, name))
                         for name in names)
    return len(names), "yes" if same else "no"


def tool_rows(others, cases):
    ours = find(cases, "JSON", MAIN, 2)
    rows = []
    for tool in others:
        if tool.samples[-1][3] != 0:
            rows.append([tool.name, f"failed with status {tool.samples[-1][3]}"] + [""] * 5)
            continue
        rows.append([tool.name, *same_rows(tool, ours), f"{tool.wall:.2f}",
                     f"{tool.median(1):.2f}", f"{tool.median(2) / 1e6:.0f}",
                     f"{tool.wall / ours.wall:.1f}"])
    return rows


def verdict(value, sign, goal):
    if value is None or sign is None:
        return ""
    if value <= 0:
        return "unclear: lost in noise"
    return "yes" if (value <= goal if sign == "<=" else value >= goal) else "no"


def goal_rows(cases, limits, others, single):
    """What is wanted (for a district of MAIN students where nothing else is said)."""
    def ratio(name, students=MAIN):
        return limit_ratio(next(x for x in limits if (x.name, x.students) == (name, students)),
                           cases)

    def case(name, threads, students=MAIN):
        return find(cases, name, students, threads)
    python = next((t for t in others if t.name == "python3" and t.samples[-1][3] == 0), None)
    each = [case("JSON", 2, n).wall / n for n in SIZES]
    growth = max(each) / min(each) if len(each) > 1 else None
    memory = max(c.median(2) / allowed_memory(c) for c in cases)
    people = ratio("libcsv, students.csv", SIZES[-1])
    people1 = case("CSV, people only", 1, SIZES[-1])
    people2 = people and people * case("CSV, people only", 2, SIZES[-1]).wall / people1.wall
    largest = f"{SIZES[-1]:,} students"
    rows = [("instructions per byte of JSON, -j1 (without the page)", single["JSON instructions"], "<=", 16),
            ("instructions per byte of CSV, -j1 (without the page)", single["CSV instructions"], None, None),
            ("GB of JSON a second, -j2", case("JSON", 2).speed() / 1000, ">=", 0.7),
            ("GB of JSON a second, -j1", case("JSON", 1).speed() / 1000, ">=", 0.4),
            ("Python's time / ours, -j2", python and python.wall / case("JSON", 2).wall, ">=", 20),
            ("zip, -j2 / zlib alone", ratio("zlib, members of the zip"), "<=", 1.25),
            ("gzip, -j2 / zlib alone", ratio("zlib, the .gz files"), "<=", 1.25),
            (f"zip, -j2 / zlib alone, {largest}",
             ratio("zlib, members of the zip", SIZES[-1]), "<=", 1.25),
            (f"gzip, -j2 / zlib alone, {largest}",
             ratio("zlib, the .gz files", SIZES[-1]), "<=", 1.25),
            ("zip of one import (packs best), -j2 / zlib alone",
             ratio("zlib, members of the zip of one import"), "<=", 1.25),
            ("gzip of one import (packs best), -j2 / zlib alone",
             ratio("zlib, the .gz files of one import"), "<=", 1.25),
            ("CSV people, -j1 / libcsv alone, the largest size", people, None, None),
            ("CSV people, -j2 / libcsv alone, the largest size", people2, "<=", 2),
            ("peak memory / allowed memory, the worst case", memory, "<=", 1),
            ("time per student, slowest size / fastest", growth, "<=", 1.25),
            ("export with faults / without, -j2",
             case("JSON with faults", 2).wall / case("JSON", 2).wall, "<=", 2.5),
            ("over an equal result / into a new folder (compares, removes the old one)",
             case("JSON, nothing changed", 2, SIZES[-1]).wall / case("JSON", 2, SIZES[-1]).wall,
             None, None),
            ("start-up, ms more than /bin/true", single["start-up"][0], "<=", 5),
            ("the same, processor time alone", single["start-up"][1], None, None)]
    return [[what, "not measured" if value is None else f"{value:.2f}",
             f"{sign} {goal}" if sign else "", verdict(value, sign, goal)]
            for what, value, sign, goal in rows]


def report(cases, limits, others, single):
    parts = [
        ("Conversions", ["case", "students", "MB in", "threads", "wall s", "user+sys s", "MB/s",
                         "us a student", "peak MB", "allowed MB"], case_rows(cases)),
        ("Limits", ["limit", "students", "MB", "s", "MB/s", "compared with",
                    "its time / the limit's, for a byte"], limit_rows(limits, cases)),
        (f"Other programs, JSON of {MAIN:,} students",
         ["program", "files made", "same rows", "wall s", "user+sys s", "peak MB",
          "its time / clever2sds -j2"], tool_rows(others, cases)),
        ("Goals", ["what", "measured", "wanted", "met"],
         goal_rows(cases, limits, others, single)),
    ]
    text = [f"Medians of {RUNS} runs on {os.cpu_count()} processors, {os.uname().machine}. "
            f"Others kept {LOAD:.1f} processors busy when it began."]
    text += [f"## {title}\n\n{table(head, rows)}" for title, head, rows in parts]
    text.append("All outputs are the same in all runs." if not failures else
                "\n".join("FAILED: " + failure for failure in failures))
    return "\n\n".join(text) + "\n"


def as_json(timed):
    return {"name": timed.name, "students": timed.students, "threads": timed.threads,
            "bytes": timed.bytes, "samples": timed.samples}


def main():
    for folder in (WORK, OUT):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (WORK, OUT):
        os.makedirs(folder)
    cases, limits, others, seen = [], [], [], {}
    for students in SIZES:
        print(f"{students:,} students ...", flush=True)
        now = plan(students)
        for _ in range(RUNS):
            for case in now[0]:
                run_case(case, seen)
            for limit in now[1]:
                run_limit(limit)
            for tool in now[2]:
                run_tool(tool)
        cases, limits, others = cases + now[0], limits + now[1], others + now[2]
    print("single measurements ...", flush=True)
    check_threads(cases[0], seen)
    check_ways(cases[0].command[-1], cases[2].command[-1])
    single = {"start-up": start_up(), "JSON instructions": None, "CSV instructions": None}
    if shutil.which("valgrind"):
        for name, options in (("JSON", ()), ("CSV", ("--shape", "csv"))):
            single[name + " instructions"] = instructions(generate("callgrind-" + name, 10000,
                                                                   *options))
    text = report(cases, limits, others, single)
    print("\n" + text)
    with open(os.path.join(BUILD, "bench.md"), "w", encoding="utf-8") as file:
        file.write("# clever2sds, measured\n\n" + text)
    with open(os.path.join(BUILD, "bench.json"), "w", encoding="utf-8") as file:
        json.dump({"runs": RUNS, "single": single, "failures": failures,
                   "sample": ["wall s", "user+sys s", "peak bytes", "exit status"],
                   "cases": [as_json(x) for x in cases], "limits": [as_json(x) for x in limits],
                   "programs": [as_json(x) for x in others]}, file, indent=1)
    return 1 if failures else 0


sys.exit(main())
